using 'main.bicep'

param plan = 'consumption'
param maxInstances = 40

param environmentName = readEnvironmentVariable('ENVIRONMENT_NAME', 'prod')
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
