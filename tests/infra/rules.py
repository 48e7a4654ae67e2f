"""What must be true of every deployment, as functions from resources to complaints."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Resource = dict[str, Any]
Rule = Callable[[list[Resource], str], Iterator[str]]

# What Flex Consumption refuses or ignores (Azure CLI leaves these out when it migrates an app).
_NOT_ON_FLEX = {
    *("ENABLE_ORYX_BUILD", "SCM_DO_BUILD_DURING_DEPLOYMENT", "FUNCTIONS_EXTENSION_VERSION"),
    *("FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_WORKER_RUNTIME_VERSION"),
    *("WEBSITE_NODE_DEFAULT_VERSION", "WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED"),
    *("FUNCTIONS_MAX_HTTP_CONCURRENCY", "FUNCTIONS_WORKER_PROCESS_COUNT"),
    *("FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED", "WEBSITE_RUN_FROM_PACKAGE"),
    *("WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT", "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING"),
    *("WEBSITE_CONTENTSHARE", "WEBSITE_CONTENTOVERVNET", "WEBSITE_SKIP_CONTENTSHARE_VALIDATION"),
    *("WEBSITE_MOUNT_ENABLED", "WEBSITE_DNS_SERVER", "WEBSITE_VNET_ROUTE_ALL"),
    *("AzureWebJobsDashboard", "AzureWebJobsStorage"),
}
# What publishing removes on the classic plan, so that a deployment must not put it there.
_NOT_ON_CONSUMPTION = {
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "ENABLE_ORYX_BUILD",
}
_ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "storageAccounts",  # Storage Blob Data Owner
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "storageAccounts",  # Storage Queue Data Contributor
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "storageAccounts",  # Storage Table Data Contributor
    "3913510d-42f4-4e42-8a64-420c390055eb": "components",  # Monitoring Metrics Publisher
    "4633458b-17de-408a-b874-0445c86b69e6": "vaults",  # Key Vault Secrets User
}


def of_type(resources: list[Resource], kind: str) -> list[Resource]:
    """Return the resources of one type."""
    return [resource for resource in resources if resource["type"] == kind]


def the(resources: list[Resource], kind: str) -> Resource:
    """Return the one resource of a type."""
    (resource,) = of_type(resources, kind)
    return resource


def app_settings(resources: list[Resource]) -> dict[str, str]:
    """Return the app settings of the function app."""
    settings = the(resources, "Microsoft.Web/sites")["properties"]["siteConfig"]["appSettings"]
    return {setting["name"]: setting["value"] for setting in settings}


def _shape(resources: list[Resource], plan: str) -> Iterator[str]:
    """Each plan has its SKU, its runtime, and keeps the runtime where it belongs."""
    site = the(resources, "Microsoft.Web/sites")["properties"]
    sku = the(resources, "Microsoft.Web/serverfarms")["sku"]["name"]
    config = site.get("functionAppConfig", {})
    if plan == "flex":
        http = config["scaleAndConcurrency"]["triggers"]["http"]
        found = sku, config["runtime"]["version"], site["siteConfig"].get("linuxFxVersion")
        if found != ("FC1", "3.13", None) or http["perInstanceConcurrency"] < 2:
            yield f"flex is {found}, {http}"
    elif (sku, site["siteConfig"]["linuxFxVersion"], config) != ("Y1", "Python|3.12", {}):
        yield f"consumption is {sku}, {site['siteConfig']}, {config}"


def _no_keys(resources: list[Resource], plan: str) -> Iterator[str]:
    """Account keys are used in one setting of the classic plan, and work nowhere else."""
    text = json.dumps(resources)
    if len(re.findall(r"list\w*Keys|listSecrets", text)) != (plan == "consumption"):
        yield f"account keys are read on {plan}"
    storage = the(resources, "Microsoft.Storage/storageAccounts")["properties"]
    if storage["allowSharedKeyAccess"] is not (plan == "consumption"):
        yield f"allowSharedKeyAccess is {storage['allowSharedKeyAccess']} on {plan}"
    cosmos = the(resources, "Microsoft.DocumentDB/databaseAccounts")["properties"]
    insights = the(resources, "Microsoft.Insights/components")["properties"]
    if not (cosmos["disableLocalAuth"] and insights["DisableLocalAuth"]):
        yield "keys work on Cosmos DB or Application Insights"


def _no_secrets(resources: list[Resource], _plan: str) -> Iterator[str]:
    """A secret stands in the vault alone; settings hold a reference to it."""
    settings = app_settings(resources)
    for name in ("JWT_SECRET", "SMTP_URL"):
        if not settings.get(name, "").startswith("@Microsoft.KeyVault(VaultName="):
            yield f"{name} is not a reference"
    if "COSMOS_KEY" in settings:
        yield "COSMOS_KEY is set"


def _settings(resources: list[Resource], plan: str) -> Iterator[str]:
    """Nothing is set that the plan forbids."""
    forbidden = _NOT_ON_FLEX if plan == "flex" else _NOT_ON_CONSUMPTION
    for name in sorted(forbidden & app_settings(resources).keys()):
        yield f"{name} is set on {plan}"


def _doors(resources: list[Resource], _plan: str) -> Iterator[str]:
    """HTTPS and TLS 1.2 everywhere, no FTP, no basic login, no home page, no public blobs."""
    site = the(resources, "Microsoft.Web/sites")["properties"]
    storage = the(resources, "Microsoft.Storage/storageAccounts")["properties"]
    wanted = {
        "httpsOnly": site["httpsOnly"] is True,
        "TLS of the app": site["siteConfig"]["minTlsVersion"] == "1.2",
        "FTP": site["siteConfig"]["ftpsState"] == "Disabled",
        "platform CORS": "cors" not in site["siteConfig"],
        "home page": app_settings(resources).get("AzureWebJobsDisableHomepage") == "true",
        "TLS of storage": storage["minimumTlsVersion"] == "TLS1_2",
        "HTTPS of storage": storage["supportsHttpsTrafficOnly"] is True,
        "public blobs": storage["allowBlobPublicAccess"] is False,
    }
    yield from (name for name, good in wanted.items() if not good)
    doors = of_type(resources, "Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    if [door["properties"]["allow"] for door in doors] != [False, False]:
        yield "basic publishing is on"


def _roles(resources: list[Resource], plan: str) -> Iterator[str]:
    """Exactly these roles, each at the one resource; none on storage where a key is used."""
    wanted = dict(_ROLES)
    if plan == "consumption":
        wanted = {role: kind for role, kind in wanted.items() if kind != "storageAccounts"}
    found = {}
    for given in of_type(resources, "Microsoft.Authorization/roleAssignments"):
        scope = given["id"].split("/providers/Microsoft.Authorization/")[0]
        found[given["properties"]["roleDefinitionId"].split("/")[-1]] = scope.split("/")[-2]
    if found != wanted:
        yield f"roles are {found}"


def _data_roles(resources: list[Resource], _plan: str) -> Iterator[str]:
    """The app may read and write documents of its own containers, and nothing else."""
    kind = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"
    containers = {
        name.split("/", 1)[1].replace("/", "/colls/")
        for name in _names(
            resources, "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers"
        )
    }
    scopes = set()
    for given in of_type(resources, kind):
        scopes.add(given["properties"]["scope"].partition("/dbs/")[2])
        if not given["properties"]["roleDefinitionId"].endswith("-000000000002"):
            yield "the role is not Data Contributor"
    if scopes != containers:
        yield f"scopes are {scopes}"


def _names(resources: list[Resource], kind: str) -> list[str]:
    return [resource["name"] for resource in of_type(resources, kind)]


def _queues(resources: list[Resource], _plan: str) -> Iterator[str]:
    """The queue of the notifications exists, and its poison queue with it."""
    found = _names(resources, "Microsoft.Storage/storageAccounts/queueServices/queues")
    if {name.split("/")[-1] for name in found} != {"notifications", "notifications-poison"}:
        yield f"queues are {found}"


def _serverless(resources: list[Resource], _plan: str) -> Iterator[str]:
    """Cosmos DB is serverless with a continuous backup, and no throughput is set anywhere."""
    account = the(resources, "Microsoft.DocumentDB/databaseAccounts")["properties"]
    if account["capabilities"] != [{"name": "EnableServerless"}]:
        yield "Cosmos DB is not serverless"
    if account["backupPolicy"]["continuousModeProperties"]["tier"] != "Continuous7Days":
        yield "the backup is another"
    if "throughput" in json.dumps(resources).lower():
        yield "throughput is set, which serverless refuses"


def _alerts(resources: list[Resource], _plan: str) -> Iterator[str]:
    """All five alerts are there, and each tells somebody."""
    alerts = of_type(resources, "Microsoft.Insights/scheduledQueryRules")
    alerts += of_type(resources, "Microsoft.Insights/metricAlerts")
    if len(alerts) != len(("5xx", "p95", "poison", "429", "availability")):
        yield f"{len(alerts)} alerts"
    yield from (alert["name"] for alert in alerts if not alert["properties"]["actions"])


def _protection(resources: list[Resource], _plan: str) -> Iterator[str]:
    """The data are locked, and it is recorded who changed the account and who read secrets."""
    account, vault = (
        the(resources, kind)["id"]
        for kind in ("Microsoft.DocumentDB/databaseAccounts", "Microsoft.KeyVault/vaults")
    )
    recorded = {
        given["id"].partition("/providers/Microsoft.Insights/")[0]: [
            log["category"] for log in given["properties"]["logs"] if log["enabled"]
        ]
        for given in of_type(resources, "Microsoft.Insights/diagnosticSettings")
    }
    if recorded != {account: ["ControlPlaneRequests"], vault: ["AuditEvent"]}:
        yield f"recorded is {recorded}"
    locks = of_type(resources, "Microsoft.Authorization/locks")
    if [lock["id"].partition("/providers/Microsoft.Authorization/")[0] for lock in locks] != [
        account
    ]:
        yield "the data are not locked"


# Tags are not possible on these, or their parent carries them.
_UNTAGGED = re.compile(
    r"Microsoft\.(Authorization|Consumption)/.+|Microsoft\.Insights/diagnosticSettings"
    r"|Microsoft\.\w+/\w+/.+"
)


def _tags(resources: list[Resource], _plan: str) -> Iterator[str]:
    """Every resource carries the product's tags and those that were given."""
    wanted = {"application": "petstore", "environment": "prod", "owner": "pets"}
    for resource in resources:
        if _UNTAGGED.fullmatch(resource["type"]):
            continue
        if not wanted.items() <= resource.get("tags", {}).items():
            yield f"{resource['type']} has the tags {resource.get('tags')}"


def _zones(resources: list[Resource], plan: str) -> Iterator[str]:
    """Data, host storage and, on flex, the app are spread over zones when that is asked for."""
    account = the(resources, "Microsoft.DocumentDB/databaseAccounts")["properties"]
    hosting = the(resources, "Microsoft.Web/serverfarms")["properties"]
    found = (
        account["locations"][0]["isZoneRedundant"],
        the(resources, "Microsoft.Storage/storageAccounts")["sku"]["name"],
        hosting.get("zoneRedundant"),
    )
    if found != (True, "Standard_ZRS", True if plan == "flex" else None):
        yield f"zones are {found}"


def _cache(resources: list[Resource], _plan: str) -> Iterator[str]:
    """Redis takes TLS and the app's identity alone, and the app is told the same place."""
    kind = "Microsoft.Cache/redisEnterprise"
    if not of_type(resources, kind):
        yield "there is no cache"
        return
    server, database = the(resources, kind), the(resources, f"{kind}/databases")
    access = the(resources, f"{kind}/databases/accessPolicyAssignments")["properties"]
    found = database["properties"]
    wanted = {
        "size of the cache": server["sku"] == {"name": "Balanced_B0"},
        "TLS of the cache": server["properties"]["minimumTlsVersion"] == "1.2"
        and found["clientProtocol"] == "Encrypted",
        "keys of the cache": found["accessKeysAuthentication"] == "Disabled",
        # The client of the app knows no cluster.
        "cluster of the cache": found["clusteringPolicy"] == "NoCluster",
        "eviction of the cache": found["evictionPolicy"] == "VolatileLRU",
        "name of the database": database["name"] == f"{server['name']}/default",
        "who uses the cache": access["accessPolicyName"] == "default"
        and _principal(access["user"]["objectId"]) == _principal_of_the_app(resources),
    }
    yield from (name for name, good in wanted.items() if not good)
    url = app_settings(resources)["REDIS_URL"]
    for part in ("rediss://", f":{found['port']}", server["name"], "principalId", "hostName"):
        if part not in url:
            yield f"REDIS_URL has no {part}: {url}"


def _principal(reference: str) -> str:
    """Return whose principal id a reference of the compiler takes."""
    return reference.partition("userAssignedIdentities")[2].partition(",")[0]


def _principal_of_the_app(resources: list[Resource]) -> str:
    (name,) = the(resources, "Microsoft.Web/sites")["identity"]["userAssignedIdentities"]
    return str(name).partition("userAssignedIdentities")[2] + "'"


RULES: tuple[Rule, ...] = (
    *(_shape, _no_keys, _no_secrets, _settings, _doors, _roles),
    *(_data_roles, _queues, _serverless, _alerts),
    *(_protection, _tags, _zones, _cache),
)


def complaints(resources: list[Resource], plan: str) -> list[str]:
    """Return everything that is wrong with a deployment."""
    return [complaint for rule in RULES for complaint in rule(resources, plan)]
