metadata description = 'The plan and the function app; everything in which the two plans differ follows from one parameter.'

import { flexChoices, planName } from '../types.bicep'

@description('Required. Which plan.')
param plan planName

@description('Required. Name of the app; its host name begins with it.')
@minLength(2)
@maxLength(60)
param name string

@description('Required. Region.')
param location string

@description('Required. Tags of every resource.')
param tags { *: string }

@description('Required. The app\'s identity.')
@minLength(3)
@maxLength(128)
param identityName string

@description('Required. Storage account of the Functions host.')
@minLength(3)
@maxLength(24)
param storageAccountName string

@description('Required. Full URL of the container of the deployment package; empty on the classic plan.')
param deploymentUrl string

@description('Required. Application Insights component.')
param appInsightsName string

@description('Required. Cosmos DB account.')
@minLength(3)
@maxLength(44)
param cosmosAccountName string

@description('Required. Redis server that caches single pets; empty for none.')
@maxLength(60)
param cacheName string

@description('Required. Settings that the app reads, without the endpoint of the account.')
param appSettings { *: string }

@description('Required. Maximum number of instances.')
@minValue(1)
@maxValue(1000)
param maxInstances int

@description('Required. Whether instances are spread over the zones of the region; on Flex Consumption only.')
param zoneRedundant bool

@description('Required. What only Flex Consumption lets you choose.')
param flex flexChoices

var isFlex = plan == 'flex'
// A zone-redundant plan keeps at least two instances warm, or none.
var alwaysReady = zoneRedundant && flex.alwaysReady > 0
  ? max(flex.alwaysReady, 2)
  : flex.alwaysReady

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storage 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: storageAccountName
}

resource appInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: appInsightsName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' existing = {
  name: cosmosAccountName
}

resource cache 'Microsoft.Cache/redisEnterprise@2025-07-01' existing = if (!empty(cacheName)) {
  name: empty(cacheName) ? 'unused' : cacheName
}

// A remote build on the classic plan puts the package where a SAS of the account's key reaches it,
// so the host's connection there is a connection string. Flex uses the identity.
var hostSettings = isFlex
  ? {
      AzureWebJobsStorage__accountName: storageAccountName
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.properties.clientId
    }
  : {
      AzureWebJobsStorage: 'DefaultEndpointsProtocol=https;AccountName=${storageAccountName};AccountKey=${storage.listKeys().keys[0].value};EndpointSuffix=${environment().suffixes.storage}'
      FUNCTIONS_EXTENSION_VERSION: '~4'
      FUNCTIONS_WORKER_RUNTIME: 'python'
    }

var settings = {
  COSMOS_ENDPOINT: cosmos.properties.documentEndpoint
  // A user without a password: the app sends tokens of its identity.
  ...(empty(cacheName)
    ? {}
    : {
        REDIS_URL: 'rediss://${identity.properties.principalId}@${cache!.properties.hostName}:10000'
      })
  ...appSettings
  ...hostSettings
  AZURE_CLIENT_ID: identity.properties.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: appInsights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  AzureWebJobsDisableHomepage: 'true'
}

var flexConfig = {
  deployment: {
    storage: {
      type: 'blobContainer'
      value: deploymentUrl
      authentication: {
        type: 'UserAssignedIdentity'
        userAssignedIdentityResourceId: identity.id
      }
    }
  }
  runtime: { name: 'python', version: '3.13' }
  scaleAndConcurrency: {
    instanceMemoryMB: flex.instanceMemoryMB
    maximumInstanceCount: maxInstances
    alwaysReady: alwaysReady == 0 ? [] : [{ name: 'http', instanceCount: alwaysReady }]
    triggers: { http: { perInstanceConcurrency: flex.httpConcurrency } }
  }
}

resource hosting 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: isFlex ? { name: 'FC1', tier: 'FlexConsumption' } : { name: 'Y1', tier: 'Dynamic' }
  properties: { reserved: true, ...(isFlex ? { zoneRedundant: zoneRedundant } : {}) }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // The service of azure.yaml whose code belongs here.
  tags: { ...tags, 'azd-service-name': 'api' }
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: hosting.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identity.id
    ...(isFlex ? { functionAppConfig: flexConfig } : {})
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
      appSettings: map(items(settings), setting => { name: setting.key, value: setting.value })
      ...(isFlex ? {} : { linuxFxVersion: 'Python|3.12', functionAppScaleLimit: maxInstances })
    }
  }
}

resource basicScm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

resource basicFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}

@description('Name of the app.')
output name string = site.name

@description('Host name of the app.')
output hostName string = site.properties.defaultHostName

@description('Endpoint of the Cosmos DB account.')
output cosmosEndpoint string = cosmos.properties.documentEndpoint
