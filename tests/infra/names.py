"""Which names Azure takes, by type: length, characters, and what they begin and end with.

Source: Microsoft, "Naming rules and restrictions for Azure resources"
(https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules), where it
says more than the providers' own types, which ``provider_types`` holds.
"""

import re
from collections.abc import Iterator

from tests.infra.rules import Resource

_GUID = r"\[?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ALERT = r"[^*#&+:<>?@%{}\\/]{1,260}(?<![ .])"
_RULES = {
    "Microsoft.Authorization/locks": r"[\w.()-]{1,90}(?<!\.)",
    "Microsoft.Authorization/roleAssignments": _GUID,
    "Microsoft.Cache/redisEnterprise": r"(?=.{1,60}$)[A-Za-z0-9]+(-[A-Za-z0-9]+)*",
    "Microsoft.Cache/redisEnterprise/databases": r"default",
    "Microsoft.Cache/redisEnterprise/databases/accessPolicyAssignments": r"[A-Za-z0-9]{1,60}",
    "Microsoft.Consumption/budgets": r"[\w-]{1,63}",
    # The types say 50.
    "Microsoft.DocumentDB/databaseAccounts": r"[a-z0-9][a-z0-9-]{2,43}",
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases": r"[^/\\#?]{1,255}(?<! )",
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers": r"[^/\\#?]{1,255}(?<! )",
    "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments": _GUID,
    "Microsoft.Insights/actionGroups": _ALERT,
    "Microsoft.Insights/components": r"[^%&\\?/]{1,260}(?<![ .])",
    "Microsoft.Insights/diagnosticSettings": r"[^<>*%&:\\?+/]{1,260}",
    "Microsoft.Insights/metricAlerts": _ALERT,
    "Microsoft.Insights/scheduledQueryRules": _ALERT,
    "Microsoft.Insights/webtests": r"[\w.-]{1,260}",
    "Microsoft.KeyVault/vaults": r"[A-Za-z](?!.*--)[A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    "Microsoft.KeyVault/vaults/secrets": r"[A-Za-z0-9-]{1,127}",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[A-Za-z0-9][\w-]{2,127}",
    "Microsoft.OperationalInsights/workspaces": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Storage/storageAccounts/blobServices": r"default",
    "Microsoft.Storage/storageAccounts/blobServices/containers": r"[a-z0-9](-?[a-z0-9]){2,62}",
    "Microsoft.Storage/storageAccounts/queueServices": r"default",
    "Microsoft.Storage/storageAccounts/queueServices/queues": r"[a-z0-9](-?[a-z0-9]){2,62}",
    "Microsoft.Web/serverfarms": r"[A-Za-z0-9-]{1,60}",
    "Microsoft.Web/sites": r"[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": r"ftp|scm",
}
# The Functions host takes so many characters of the app's name as its id; two apps with one id must
# not share a storage account (https://aka.ms/functions-hostid-collision).
_HOST_ID = 32


def complaints(resources: list[Resource]) -> Iterator[str]:
    """Yield a line for each name that its provider would refuse, or that nobody looked up."""
    for resource in resources:
        kind, name = resource["type"], resource["name"].rpartition("/")[2]
        rule = _RULES.get(kind)
        if rule is None:
            yield f"{kind}: its rule for names is not known here"
        elif not re.fullmatch(rule, name, re.ASCII):
            yield f"{kind} may not be called {name!r} ({len(name)} characters)"


def host_id(resources: list[Resource]) -> tuple[str, str]:
    """Return the host's id and its storage account, which no two apps may share."""
    (site,) = (one["name"] for one in resources if one["type"] == "Microsoft.Web/sites")
    (account,) = (one["name"] for one in resources if one["type"].endswith("/storageAccounts"))
    return site[:_HOST_ID], account
