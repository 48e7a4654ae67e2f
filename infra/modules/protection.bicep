metadata description = 'Protection of data and secrets: a record of who changed or read them, and a lock.'

@description('Required. Cosmos DB account.')
@minLength(3)
@maxLength(44)
param cosmosAccountName string

@description('Required. Key vault of the app\'s secrets; empty where there are none.')
@maxLength(24)
param keyVaultName string

@description('Required. Workspace that keeps the record.')
@minLength(4)
@maxLength(63)
param workspaceName string

@description('Required. Whether there is a record.')
param isAudited bool

@description('Required. Whether a lock must be deleted before the account can be.')
param isLocked bool

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = {
  name: workspaceName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' existing = {
  name: cosmosAccountName
}

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = if (!empty(keyVaultName)) {
  name: empty(keyVaultName) ? 'unused' : keyVaultName
}

// Requests are left out: the app's own telemetry has them, and these logs cost per gigabyte.
#disable-next-line use-recent-api-versions // the stable version is older in content
resource changes 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (isAudited) {
  scope: cosmos
  name: 'audit'
  properties: {
    workspaceId: workspace.id
    logs: [{ category: 'ControlPlaneRequests', enabled: true }]
  }
}

#disable-next-line use-recent-api-versions // as above
resource reads 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (isAudited && !empty(keyVaultName)) {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspace.id
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (isLocked) {
  scope: cosmos
  name: 'keep-the-data'
  properties: {
    level: 'CanNotDelete'
    notes: 'Every pet is in this account. Delete the lock first, if you mean it.'
  }
}
