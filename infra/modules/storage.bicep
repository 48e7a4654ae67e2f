metadata description = 'The storage account of the Functions host: its own blobs, the deployment package, the queues.'

@description('Required. Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Region.')
param location string

@description('Required. Tags of every resource.')
param tags { *: string }

@description('Required. Whether the account keys work. Only the classic Consumption plan needs them.')
param allowSharedKeyAccess bool

@description('Required. Whether the account survives the loss of one zone of the region.')
param zoneRedundant bool

@description('Required. Queue of the notifications; its poison queue is created with it.')
@minLength(3)
@maxLength(56)
param queueName string

@description('Required. Container of the deployment package; empty where the plan keeps it elsewhere.')
@maxLength(63)
param deploymentContainer string

resource account 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: allowSharedKeyAccess
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow' }
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2026-04-01' = {
  parent: account
  name: 'default'
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' = if (!empty(deploymentContainer)) {
  parent: blobs
  name: empty(deploymentContainer) ? 'unused' : deploymentContainer
  properties: { publicAccess: 'None' }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2026-04-01' = {
  parent: account
  name: 'default'
}

// The host could create the poison queue, but an alert needs it from the first day.
resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2026-04-01' = [
  for queue in [queueName, '${queueName}-poison']: {
    parent: queueService
    name: queue
  }
]

@description('Blob endpoint of the account.')
output blobEndpoint string = account.properties.primaryEndpoints.blob
