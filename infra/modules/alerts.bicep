metadata description = 'Four alerts, each of which can be switched off.'

import { alertSwitches } from '../types.bicep'

@description('Required. Suffix of every name.')
@minLength(3)
@maxLength(40)
param suffix string

@description('Required. Region.')
param location string

@description('Required. Tags of every resource.')
param tags { *: string }

@description('Required. Which alerts are on.')
param switches alertSwitches

@description('Required. Email address that gets the alerts; empty to show them in the portal only.')
@maxLength(254)
param email string

@description('Required. Resource id of the workspace.')
param workspaceId string

@description('Required. Cosmos DB account.')
@minLength(3)
@maxLength(44)
param cosmosAccountName string

@description('Required. Queue of the notifications.')
param queueName string

// The monthly price of a log alert depends on its frequency; 15 minutes is the cheapest.
var period = 'PT15M'
var logAlerts = [
  {
    name: 'server-errors'
    enabled: switches.serverErrors
    description: 'More than 5 % of at least 20 requests failed with a 5xx.'
    severity: 1
    query: 'AppRequests | where Url startswith "http" | summarize total = count(), failed = countif(toint(ResultCode) >= 500) | where total >= 20 and failed * 100.0 / total > 5'
  }
  {
    name: 'latency'
    enabled: switches.latency
    description: 'The 95th percentile of at least 20 requests took longer than a second.'
    severity: 2
    query: 'AppRequests | where Url startswith "http" | summarize total = count(), p95 = percentile(DurationMs, 95) | where total >= 20 and p95 > 1000'
  }
  {
    name: 'poison-messages'
    enabled: switches.poisonMessages
    description: 'A mail failed for good, or a message met a bug five times and lies in the poison queue.'
    severity: 1
    query: 'AppTraces | where SeverityLevel >= 2 and (Message contains "mail failed: event" or Message contains "${queueName}-poison") | summarize total = count() | where total > 0'
  }
]

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' existing = {
  name: cosmosAccountName
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${suffix}'
  location: 'Global'
  tags: tags
  properties: {
    groupShortName: 'petstore'
    enabled: true
    emailReceivers: [{ name: 'operator', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource onLogs 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in logAlerts: if (alert.enabled) {
    name: 'alert-${alert.name}-${suffix}'
    location: location
    tags: tags
    properties: {
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: period
      windowSize: period
      autoMitigate: true
      // The tables exist only once the app has sent something.
      skipQueryValidation: true
      criteria: {
        allOf: [
          { query: alert.query, timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0 }
        ]
      }
      actions: { actionGroups: empty(email) ? [] : [people.id] }
    }
  }
]

resource onThrottling 'Microsoft.Insights/metricAlerts@2026-01-01' = if (switches.throttling) {
  name: 'alert-throttling-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Cosmos DB answered 429 more than ten times in a quarter of an hour.'
    severity: 2
    enabled: true
    scopes: [cosmos.id]
    evaluationFrequency: 'PT5M'
    windowSize: period
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.DocumentDB/databaseAccounts'
          metricName: 'TotalRequests'
          dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }]
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 10
        }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: people.id }]
  }
}
