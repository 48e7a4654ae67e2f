metadata description = 'A Redis server that caches single pets: Azure Managed Redis, its smallest size. Only the app\'s identity may use it.'

@description('Required. Name of the server.')
@minLength(3)
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

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

// One node: without the cache pets come from Cosmos DB, so a second node would buy nothing.
resource server 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Balanced_B0' }
  properties: {
    highAvailability: 'Disabled'
    minimumTlsVersion: '1.2'
    // Neither plan is in a network of its own; whoever connects must be the app's identity.
    publicNetworkAccess: 'Enabled'
  }
}

// The app's client speaks to one node, not to a cluster. Every key of the app has a time to live.
resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: server
  name: 'default'
  properties: {
    accessKeysAuthentication: 'Disabled'
    clientProtocol: 'Encrypted'
    clusteringPolicy: 'NoCluster'
    evictionPolicy: 'VolatileLRU'
    port: 10000
  }
}

// A name for each identity: during a change of plans two apps use one cache, as they use one store.
resource access 'Microsoft.Cache/redisEnterprise/databases/accessPolicyAssignments@2025-07-01' = {
  parent: database
  name: 'app${uniqueString(identityName)}'
  properties: {
    accessPolicyName: 'default'
    user: { objectId: identity.properties.principalId }
  }
}
