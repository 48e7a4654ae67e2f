using 'main.bicep'

import { isName } from 'names.bicep'

param plan = 'consumption'
param maxInstances = 40

var environmentGiven = readEnvironmentVariable('ENVIRONMENT_NAME', '')
var environmentWanted = empty(environmentGiven) ? 'prod' : environmentGiven
param environmentName = isName(environmentWanted)
  ? environmentWanted
  : fail('ENVIRONMENT_NAME must be 2 to 8 letters and digits.')
// Set by the Azure Developer CLI.
param azdEnvironment = readEnvironmentVariable('AZURE_ENV_NAME', '')

// A secret is written when it is in the environment. KEEP_SECRETS=JWT_SECRET,SMTP_URL tells a
// deployment without them that the vault has them already.
param jwtSecret = readEnvironmentVariable('JWT_SECRET', '')
param hasJwtSecret = !empty(readEnvironmentVariable('JWT_SECRET', '')) || contains(
  readEnvironmentVariable('KEEP_SECRETS', ''),
  'JWT_SECRET'
)

param smtpUrl = readEnvironmentVariable('SMTP_URL', '')
param hasSmtpUrl = !empty(readEnvironmentVariable('SMTP_URL', '')) || contains(
  readEnvironmentVariable('KEEP_SECRETS', ''),
  'SMTP_URL'
)
param mailFrom = readEnvironmentVariable('MAIL_FROM', '')

param jwt = {
  jwksUrl: readEnvironmentVariable('JWT_JWKS_URL', '')
  issuer: readEnvironmentVariable('JWT_ISSUER', '')
  audience: readEnvironmentVariable('JWT_AUDIENCE', '')
}
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param restoredAccount = readEnvironmentVariable('RESTORED_ACCOUNT', '')
