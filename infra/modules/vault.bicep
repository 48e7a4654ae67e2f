metadata description = 'A key vault for the secrets that were given; the app reads them by reference.'

@description('Required. Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Region.')
param location string

@description('Required. Tags of every resource.')
param tags { *: string }

@description('Required. Secret that signs tokens; empty to write none.')
@secure()
param jwtSecret string

@description('Required. URL of the mail server, with its password; empty to write none.')
@secure()
param smtpUrl string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow' }
  }
}

resource jwt 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = if (!empty(jwtSecret)) {
  parent: vault
  name: 'jwt-secret'
  properties: { value: jwtSecret, contentType: 'text/plain' }
}

resource smtp 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = if (!empty(smtpUrl)) {
  parent: vault
  name: 'smtp-url'
  properties: { value: smtpUrl, contentType: 'text/plain' }
}
