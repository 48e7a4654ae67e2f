metadata description = 'Roles of the app, each on the one resource that needs it.'

@description('Required. The app\'s identity.')
@minLength(3)
@maxLength(128)
param identityName string

@description('Required. Account of host and queues, for the plan that reaches it without a key; empty for the other.')
@maxLength(24)
param storageAccountName string

@description('Required. Cosmos DB account.')
@minLength(3)
@maxLength(44)
param cosmosAccountName string

@description('Required. Database of the app.')
param cosmosDatabase string

@description('Required. Containers that the app reads and writes.')
param cosmosContainers string[]

@description('Required. Application Insights component.')
param appInsightsName string

@description('Required. Key vault of the app\'s secrets; empty where there are none.')
@maxLength(24)
param keyVaultName string

var storageRoles = {
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  // Sender or processor alone is not enough: moving a message to the poison queue needs both.
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storage 'Microsoft.Storage/storageAccounts@2026-04-01' existing = if (!empty(storageAccountName)) {
  name: empty(storageAccountName) ? 'unused' : storageAccountName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' existing = {
  name: cosmosAccountName
}

resource appInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: appInsightsName
}

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = if (!empty(keyVaultName)) {
  name: empty(keyVaultName) ? 'unused' : keyVaultName
}

resource onStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(storageRoles): if (!empty(storageAccountName)) {
    scope: storage
    name: guid(storage.id, identity.id, role.value)
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        role.value
      )
    }
  }
]

resource onAppInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: appInsights
  name: guid(appInsights.id, identity.id, monitoringMetricsPublisher)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      monitoringMetricsPublisher
    )
  }
}

resource onVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(keyVaultName)) {
  scope: vault
  name: guid(vault.id, identity.id, keyVaultSecretsUser)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      keyVaultSecretsUser
    )
  }
}

// Roles on the data are Cosmos DB's own: their scope is /dbs/.../colls/..., not a resource id.
// One at a time: the account refuses a second one with 412 while it takes the first.
@batchSize(1)
resource onContainers 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2026-03-15' = [
  for container in cosmosContainers: {
    parent: cosmos
    name: guid(cosmos.id, container, identity.id, cosmosDataContributor)
    properties: {
      principalId: identity.properties.principalId
      roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
      scope: '${cosmos.id}/dbs/${cosmosDatabase}/colls/${container}'
    }
  }
]
