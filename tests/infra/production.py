"""What a team that runs this in production expects of the resources, beyond ``rules.py``.

Each line has the name under which PSRule for Azure knows it (https://azure.github.io/PSRule.Rules.Azure),
or none where that set has no such rule.
"""

from collections.abc import Iterator
from typing import Any

from tests.infra.rules import Resource

_SITE, _PLAN = "Microsoft.Web/sites", "Microsoft.Web/serverfarms"
_STORAGE, _VAULT = "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"
_COSMOS = "Microsoft.DocumentDB/databaseAccounts"
_CONTAINER = f"{_COSMOS}/sqlDatabases/containers"
_LOGS, _INSIGHTS = "Microsoft.OperationalInsights/workspaces", "Microsoft.Insights/components"
_RULE, _GRANT = "Microsoft.Insights/scheduledQueryRules", "Microsoft.Authorization/roleAssignments"


# Type, path, value (... for any), name.
_EXPECTED: tuple[tuple[str, str, object, str], ...] = (
    (_SITE, "identity.type", "UserAssigned", "Azure.AppService.ManagedIdentity"),
    (_SITE, "properties.siteConfig.http20Enabled", True, "Azure.AppService.HTTP2"),
    (
        _SITE,
        "properties.siteConfig.remoteDebuggingEnabled",
        False,
        "Azure.AppService.RemoteDebug",
    ),
    (_SITE, "properties.siteConfig.scmMinTlsVersion", "1.2", "Azure.AppService.MinTLS"),
    (_SITE, "properties.clientAffinityEnabled", False, "Azure.AppService.ARRAffinity"),
    (_SITE, "properties.keyVaultReferenceIdentity", ..., ""),
    (_PLAN, "properties.reserved", True, ""),
    (_STORAGE, "properties.allowCrossTenantReplication", False, ""),
    (_STORAGE, "properties.defaultToOAuthAuthentication", True, ""),
    (_STORAGE, "kind", "StorageV2", ""),
    (_VAULT, "properties.enableSoftDelete", True, "Azure.KeyVault.SoftDelete"),
    (_VAULT, "properties.enablePurgeProtection", True, "Azure.KeyVault.PurgeProtect"),
    (_VAULT, "properties.enableRbacAuthorization", True, "Azure.KeyVault.RBAC"),
    (
        _COSMOS,
        "properties.disableKeyBasedMetadataWriteAccess",
        True,
        "Azure.Cosmos.DisableMetadataWrite",
    ),
    (_COSMOS, "properties.minimalTlsVersion", "Tls12", "Azure.Cosmos.MinTLS"),
    (_COSMOS, "properties.backupPolicy.type", "Continuous", "Azure.Cosmos.ContinuousBackup"),
    (_CONTAINER, "properties.resource.partitionKey.version", 2, ""),
    (_LOGS, "properties.features.disableLocalAuth", True, ""),
    (_LOGS, "properties.retentionInDays", ..., ""),
    (_LOGS, "properties.workspaceCapping.dailyQuotaGb", ..., ""),
    (_INSIGHTS, "properties.WorkspaceResourceId", ..., "Azure.AppInsights.Workspace"),
    (_RULE, "properties.autoMitigate", True, ""),
    (_GRANT, "properties.principalType", "ServicePrincipal", ""),
)


EXPECTATIONS = [(kind, path) for kind, path, *_ in _EXPECTED]


def complaints(resources: list[Resource]) -> Iterator[str]:
    """Yield a line for each expectation that a resource does not meet, and for each without one."""
    for kind, path, wanted, name in _EXPECTED:
        found = [one for one in resources if one["type"] == kind]
        if not found:
            yield f"{kind}: there is none"
        for resource in found:
            value = _at(resource, path)
            if not (value if wanted is ... else value == wanted):
                yield f"{kind} {path}: {value!r} {name}".rstrip()


def _at(resource: Resource, path: str) -> Any:
    value: Any = resource
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
