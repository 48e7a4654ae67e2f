metadata description = 'Types of the parameters that are objects.'

@export()
@description('The two plans, by their short names.')
type planName = 'consumption' | 'flex'

@export()
@description('Which alerts are on.')
type alertSwitches = {
  @description('Share of answers with a 5xx status.')
  serverErrors: bool

  @description('95th percentile of the time that requests take.')
  latency: bool

  @description('Mails that failed for good, and messages in the poison queue.')
  poisonMessages: bool

  @description('Requests that Cosmos DB refuses with 429.')
  throttling: bool
}

@export()
@description('What only Flex Consumption lets you choose.')
type flexChoices = {
  @description('Memory of one instance in MB; each execution is charged for all of it.')
  instanceMemoryMB: 512 | 2048 | 4096

  @description('Requests that one instance serves at a time. Without this setting, Python serves 1.')
  @minValue(1)
  @maxValue(1000)
  httpConcurrency: int

  @description('Instances that are kept warm for HTTP, and charged for.')
  @minValue(0)
  @maxValue(100)
  alwaysReady: int
}

@export()
@description('How tokens of an identity provider are checked: all three members, or none.')
type tokenIssuer = {
  @description('URL of the provider\'s public keys.')
  jwksUrl: string

  @description('Issuer that tokens must name.')
  issuer: string

  @description('Audience that tokens must name.')
  audience: string
}

@export()
@description('A monthly budget.')
type monthlyBudget = {
  @description('Amount in the currency of the subscription; 0 for no budget.')
  @minValue(0)
  amount: int

  @description('First day of the first month, such as 2027-01-01.')
  @minLength(10)
  @maxLength(10)
  startDate: string
}
