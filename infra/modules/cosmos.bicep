metadata description = 'A serverless Cosmos DB account without keys, with the database and every container of the app.'

@description('Required. Name of the account.')
@minLength(3)
@maxLength(44)
param name string

@description('Required. Region.')
param location string

@description('Required. Tags of every resource.')
param tags { *: string }

@description('Required. Whether the account survives the loss of one zone of the region.')
param zoneRedundant bool

@description('Required. Name of the database.')
@minLength(1)
@maxLength(255)
param database string

// An index costs on every write: each container indexes what its queries compare, and no more.
@export()
@description('The containers, what each indexes, and how many seconds its documents live.')
var containers = [
  {
    name: 'pets'
    indexed: [
      '/id/?'
      '/species_key/?'
      '/status/?'
      '/tag_keys/[]/?'
      '/name_key/?'
      '/owner_id/?'
      '/buyer_id/?'
    ]
    timeToLive: null
  }
  { name: 'idempotency', indexed: [], timeToLive: 24 * 60 * 60 }
  { name: 'events', indexed: ['/due_at/?'], timeToLive: 14 * 24 * 60 * 60 }
]

resource account 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: [{ name: 'EnableServerless' }]
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: zoneRedundant }]
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: 'Continuous7Days' }
    }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: 'Enabled'
  }
}

resource petstore 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2026-03-15' = {
  parent: account
  name: database
  properties: { resource: { id: database } }
}

resource collections 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2026-03-15' = [
  for container in containers: {
    parent: petstore
    name: container.name
    properties: {
      resource: {
        id: container.name
        partitionKey: { paths: ['/id'], kind: 'Hash', version: 2 }
        ...(container.timeToLive == null ? {} : { defaultTtl: container.timeToLive })
        indexingPolicy: {
          indexingMode: 'consistent'
          automatic: true
          includedPaths: map(container.indexed, path => { path: path })
          excludedPaths: [{ path: '/*' }]
        }
      }
    }
  }
]
