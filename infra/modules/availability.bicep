metadata description = 'Requests the app from five places every five minutes, and alerts when two of them do not get 200.'

@description('Required. Suffix of every name.')
@minLength(3)
@maxLength(40)
param suffix string

@description('Required. Region of the Application Insights component.')
param location string

@description('Required. Tags of every resource.')
param tags { *: string }

@description('Required. URL that must answer 200.')
param url string

@description('Required. Application Insights component.')
param appInsightsName string

@description('Required. Whether the action group of the other alerts exists; it then gets this alert too.')
param hasActionGroup bool

// Amsterdam, Dublin, Virginia, California, Singapore.
var places = [
  'emea-nl-ams-azr'
  'emea-gb-db3-azr'
  'us-va-ash-azr'
  'us-ca-sjc-azr'
  'apac-sg-sin-azr'
]

resource appInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: appInsightsName
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: 'ag-${suffix}'
}

resource test 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'test-${suffix}'
  location: location
  // The portal finds the test by this tag.
  tags: { ...tags, 'hidden-link:${appInsights.id}': 'Resource' }
  kind: 'standard'
  properties: {
    Name: 'test-${suffix}'
    SyntheticMonitorId: 'test-${suffix}'
    Kind: 'standard'
    Enabled: true
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: map(places, place => { Id: place })
    Request: { RequestUrl: url, HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
    }
  }
}

resource alert 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'alert-availability-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The app did not answer two of five places with 200.'
    severity: 1
    enabled: true
    scopes: [test.id, appInsights.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: test.id
      componentId: appInsights.id
      failedLocationCount: 2
    }
    actions: hasActionGroup ? [{ actionGroupId: people.id }] : []
  }
}
