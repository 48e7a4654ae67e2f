metadata description = 'PetStore: a function app over Cosmos DB, without keys, on either Consumption plan.'

import { containers } from 'modules/cosmos.bicep'
import { isName } from 'names.bicep'
import { alertSwitches, flexChoices, monthlyBudget, planName, tokenIssuer } from 'types.bicep'

@description('Optional. Which plan: consumption (classic, Linux, Python 3.12, retires on 30 September 2028) or flex (Python 3.13). Default: consumption.')
param plan planName = 'consumption'

@description('Optional. Short name of the environment, 2 to 8 letters and digits; part of every name. Default: prod.')
param environmentName string = 'prod'

@description('Optional. Environment of the Azure Developer CLI, for its tag on every resource. Default: none.')
@maxLength(64)
param azdEnvironment string = ''

@description('Optional. Region of every resource. Default: the region of the resource group.')
param location string = resourceGroup().location

@description('Optional. Whether tokens are signed with a secret, which a key vault keeps. Default: no.')
param hasJwtSecret bool = false

@description('Optional. The secret that signs tokens, at least 32 bytes. Default: none; the vault keeps the one that it has.')
@secure()
param jwtSecret string = ''

@description('Optional. Whether mails are sent; a key vault then keeps the URL of the mail server. Default: no.')
param hasSmtpUrl bool = false

@description('Optional. URL of the mail server, smtps://USER:PASSWORD@HOST:PORT or smtp://. Default: none; the vault keeps the one that it has.')
@secure()
param smtpUrl string = ''

@description('Optional. Sender of the mails. Default: none; needed where mails are sent.')
@maxLength(320)
param mailFrom string = ''

@description('Optional. Identity provider whose tokens are accepted; jwksUrl needs issuer and audience. Default: none.')
param jwt tokenIssuer = { jwksUrl: '', issuer: '', audience: '' }

@description('Optional. Further settings of the app, by name; docs/operations.md lists them. Default: none.')
param extraSettings { *: string } = {}

@description('Optional. Further tags of every resource, by name. Default: none.')
param extraTags { *: string } = {}

@description('Optional. Cosmos DB account of this resource group to use in place of the environment\'s own, such as a restored one. Default: none.')
@maxLength(44)
param restoredAccount string = ''

@description('Optional. Whether single pets are cached in Azure Managed Redis, which costs a fixed sum a month. Default: no.')
param redisCache bool = false

@description('Optional. Whether Cosmos DB, storage and, on flex, the app survive the loss of one zone. Choose it at the first deployment. Default: no.')
param zoneRedundant bool = false

@description('Optional. Whether a lock keeps the Cosmos DB account from being deleted; the deployment then needs the role Owner. Default: no.')
param lockData bool = false

@description('Optional. Whether the workspace records who changed the Cosmos DB account and who read secrets. Default: yes.')
param auditLogs bool = true

@description('Optional. Whether /api/health/ready is requested from five places every five minutes, which is charged. Default: no.')
param availabilityTest bool = false

@description('Optional. Maximum number of instances: up to 100 on consumption, 40 or more on flex. Default: 40.')
@minValue(1)
@maxValue(1000)
param maxInstances int = 40

@description('Optional. What only flex lets you choose. Default: 2048 MB, 16 requests at a time, none kept warm.')
param flex flexChoices = { instanceMemoryMB: 2048, httpConcurrency: 16, alwaysReady: 0 }

@description('Optional. Maximum gigabytes of telemetry a day; -1 for no limit. Default: 0.5.')
@allowed(['0.1', '0.5', '1', '5', '10', '-1'])
param dailyCapGb string = '0.5'

@description('Optional. Email address that gets alerts and the notices of the budget. Default: none.')
@maxLength(254)
param alertEmail string = ''

@description('Optional. Which alerts are on. Default: all.')
param alerts alertSwitches = {
  serverErrors: true
  latency: true
  poisonMessages: true
  throttling: true
}

@description('Optional. Monthly budget; it needs alertEmail. Default: none.')
param budget monthlyBudget = { amount: 0, startDate: '2027-01-01' }

var database = 'petstore'
var containerNames = map(containers, container => container.name)
var queueName = 'notifications'
var shortName = isName(environmentName)
  ? toLower(environmentName)
  : fail('environmentName must be 2 to 8 letters and digits.')
var tags = {
  ...extraTags
  application: 'petstore'
  environment: shortName
  ...(empty(azdEnvironment) ? {} : { 'azd-env-name': azdEnvironment })
}

// Resources that hold data keep their names when the plan changes. Those of the app do not, because
// an app cannot move from one plan to the other.
var environmentKey = uniqueString(resourceGroup().id, shortName)
var appKey = uniqueString(resourceGroup().id, shortName, plan)
var environmentSuffix = 'petstore-${shortName}-${environmentKey}'
var appSuffix = 'petstore-${shortName}-${appKey}'
var identityName = 'id-${appSuffix}'
var storageName = 'st${shortName}${appKey}'
var cosmosName = empty(restoredAccount) ? 'cosmos-${environmentSuffix}' : restoredAccount
var workspaceName = 'log-${environmentSuffix}'
var appInsightsName = 'appi-${environmentSuffix}'
var vaultName = 'kv-${shortName}${environmentKey}'
var cacheName = redisCache ? 'redis-${environmentSuffix}' : ''
var isFlex = plan == 'flex'
var hasVault = hasJwtSecret || hasSmtpUrl
// On flex each tick is charged at least a second of an instance, and keeps none warm for requests.
var relaySchedule = isFlex ? '0 * * * * *' : '*/30 * * * * *'
var deploymentContainer = isFlex ? 'app-package' : ''

// Providers sign the tokens of all their customers with the same keys: without issuer and audience
// the app would accept any of them.
var isIssuerNamed = empty(jwt.jwksUrl) || !(empty(jwt.issuer) || empty(jwt.audience))

var givenSettings = {
  JWT_SECRET: hasJwtSecret
    ? '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=jwt-secret)'
    : ''
  JWT_JWKS_URL: isIssuerNamed
    ? jwt.jwksUrl
    : fail('JWT_JWKS_URL needs JWT_ISSUER and JWT_AUDIENCE.')
  JWT_ISSUER: jwt.issuer
  JWT_AUDIENCE: jwt.audience
  SMTP_URL: hasSmtpUrl ? '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=smtp-url)' : ''
  MAIL_FROM: mailFrom
}

module identity 'modules/identity.bicep' = {
  params: { name: identityName, location: location, tags: tags }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: storageName
    location: location
    tags: tags
    allowSharedKeyAccess: !isFlex
    zoneRedundant: zoneRedundant
    queueName: queueName
    deploymentContainer: deploymentContainer
  }
}

module cosmos 'modules/cosmos.bicep' = if (empty(restoredAccount)) {
  params: {
    name: cosmosName
    location: location
    tags: tags
    zoneRedundant: zoneRedundant
    database: database
  }
}

module cache 'modules/cache.bicep' = if (redisCache) {
  params: { name: cacheName, location: location, tags: tags, identityName: identityName }
  dependsOn: [identity]
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: workspaceName
    appInsightsName: appInsightsName
    location: location
    tags: tags
    dailyCapGb: dailyCapGb
    retentionDays: 30
  }
}

module alerting 'modules/alerts.bicep' = {
  params: {
    suffix: environmentSuffix
    location: location
    tags: tags
    switches: alerts
    email: alertEmail
    workspaceId: monitoring.outputs.workspaceId
    cosmosAccountName: cosmosName
    queueName: queueName
  }
  dependsOn: [cosmos]
}

module vault 'modules/vault.bicep' = if (hasVault) {
  params: {
    name: vaultName
    location: location
    tags: tags
    jwtSecret: jwtSecret
    smtpUrl: smtpUrl
  }
}

module roles 'modules/roles.bicep' = {
  params: {
    identityName: identityName
    storageAccountName: isFlex ? storageName : ''
    cosmosAccountName: cosmosName
    cosmosDatabase: database
    cosmosContainers: containerNames
    appInsightsName: appInsightsName
    keyVaultName: hasVault ? vaultName : ''
  }
  dependsOn: [cosmos, identity, monitoring, storage, vault]
}

module protection 'modules/protection.bicep' = {
  params: {
    cosmosAccountName: cosmosName
    keyVaultName: hasVault ? vaultName : ''
    workspaceName: workspaceName
    isAudited: auditLogs
    isLocked: lockData
  }
  dependsOn: [cosmos, monitoring, vault]
}

module app 'modules/app.bicep' = {
  params: {
    plan: plan
    name: 'func-${appSuffix}'
    location: location
    tags: tags
    identityName: identityName
    storageAccountName: storageName
    deploymentUrl: isFlex ? '${storage.outputs.blobEndpoint}${deploymentContainer}' : ''
    appInsightsName: appInsightsName
    cosmosAccountName: cosmosName
    cacheName: cacheName
    appSettings: {
      ...toObject(filter(items(givenSettings), s => !empty(s.value)), s => s.key, s => s.value)
      COSMOS_DATABASE: database
      COSMOS_CONTAINER: containerNames[0]
      NOTIFICATIONS_QUEUE: queueName
      RELAY_SCHEDULE: relaySchedule
      ...extraSettings
    }
    maxInstances: maxInstances
    zoneRedundant: zoneRedundant
    flex: flex
  }
  // The host must be able to read its storage and its secrets from its first start.
  dependsOn: [cache, roles]
}

module availability 'modules/availability.bicep' = if (availabilityTest) {
  params: {
    suffix: environmentSuffix
    location: location
    tags: tags
    url: 'https://${app.outputs.hostName}/api/health/ready'
    appInsightsName: appInsightsName
    hasActionGroup: !empty(alertEmail)
  }
  dependsOn: [alerting]
}

module spending 'modules/budget.bicep' = if (budget.amount > 0) {
  params: { amount: budget.amount, startDate: budget.startDate, email: alertEmail }
}

@description('Name of the function app, for make publish.')
output functionAppName string = app.outputs.name

@description('Base URL of the API.')
output baseUrl string = 'https://${app.outputs.hostName}/api'

@description('Account of the Functions host and the queues.')
output storageAccountName string = storageName

@description('Queue of the notifications.')
output queueName string = queueName

@description('Endpoint of the Cosmos DB account.')
output cosmosEndpoint string = app.outputs.cosmosEndpoint

@description('Database of the app.')
output cosmosDatabase string = database

@description('Containers of the app.')
output cosmosContainers string[] = containerNames

@description('Application Insights component.')
output appInsightsName string = appInsightsName

@description('Principal id of the app, for roles that you want to give it yourself.')
output principalId string = identity.outputs.principalId

@description('Key vault of the app; empty where no secret was given.')
output keyVaultName string = hasVault ? vaultName : ''

// The Azure Developer CLI keeps outputs as variables, by these names.
@description('Name of the function app, as azd keeps it.')
output SERVICE_API_NAME string = app.outputs.name

@description('Base URL of the API, as azd keeps it.')
output SERVICE_API_ENDPOINT_URL string = 'https://${app.outputs.hostName}/api'

@description('Endpoint of the Cosmos DB account: the setting of the same name, for `make events` on a laptop.')
output COSMOS_ENDPOINT string = app.outputs.cosmosEndpoint
