metadata description = 'A monthly budget for the resource group: it sends mails and stops nothing.'

@description('Required. Amount a month, in the currency of the subscription.')
@minValue(0)
param amount int

@description('Required. First day of the first month, such as 2027-01-01.')
@minLength(10)
@maxLength(10)
param startDate string

@description('Required. Email address that is notified at 80 % of the amount, and when the forecast is above it.')
@minLength(3)
param email string

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: 'petstore-monthly'
  properties: {
    amount: amount
    category: 'Cost'
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    notifications: {
      nearlySpent: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: [email]
      }
      foreseen: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: [email]
      }
    }
  }
}
