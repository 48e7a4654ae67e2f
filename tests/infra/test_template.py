"""What a deployment makes, on both plans: keys, roles, settings, doors, containers."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from petstore.events import KEPT_SECONDS
from petstore.repository.cosmos.events import DUE_QUERY
from petstore.repository.cosmos.layout import EVENTS_INDEX, NO_INDEX, PETS_INDEX
from petstore.repository.cosmos.pets import CONDITIONS
from petstore.repository.port import CLAIM_SECONDS
from tests.infra import bicep
from tests.infra.conftest import EVERYTHING
from tests.infra.rules import Resource, app_settings, complaints, of_type, the

pytestmark = pytest.mark.infra

_REDIS = "Microsoft.Cache/redisEnterprise"
_CONTAINERS = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers"


def test_nothing_is_wrong(resources: list[Resource], plan: str) -> None:
    """Every rule holds on every plan."""
    assert complaints(resources, plan) == []


def _set(resources: list[Resource], name: str, value: str) -> None:
    site = the(resources, "Microsoft.Web/sites")["properties"]
    site["siteConfig"]["appSettings"].append({"name": name, "value": value})


def _properties(kind: str, **values: object) -> Callable[[list[Resource]], None]:
    def change(resources: list[Resource]) -> None:
        of_type(resources, kind)[0]["properties"].update(values)

    return change


def _drop(kind: str) -> Callable[[list[Resource]], None]:
    def change(resources: list[Resource]) -> None:
        resources.remove(of_type(resources, kind)[0])

    return change


_PLANTED: dict[str, Callable[[list[Resource]], None]] = {
    "another plan": lambda all_: the(all_, "Microsoft.Web/serverfarms")["sku"].update(name="EP1"),
    "a key in a setting": lambda all_: _set(all_, "X", "[listKeys('a', '1').keys[0].value]"),
    "Cosmos DB keys": _properties("Microsoft.DocumentDB/databaseAccounts", disableLocalAuth=False),
    "telemetry keys": _properties("Microsoft.Insights/components", DisableLocalAuth=False),
    "a plain secret": lambda all_: _set(all_, "JWT_SECRET", "plain"),
    "a plain mail password": lambda all_: _set(all_, "SMTP_URL", "smtps://a:b@c"),
    "a Cosmos DB key": lambda all_: _set(all_, "COSMOS_KEY", "x"),
    "a forbidden setting": lambda all_: _set(all_, "WEBSITE_RUN_FROM_PACKAGE", "1"),
    "HTTP": _properties("Microsoft.Web/sites", httpsOnly=False),
    "public blobs": _properties("Microsoft.Storage/storageAccounts", allowBlobPublicAccess=True),
    "old TLS": _properties("Microsoft.Storage/storageAccounts", minimumTlsVersion="TLS1_0"),
    "basic login": _properties(
        "Microsoft.Web/sites/basicPublishingCredentialsPolicies", allow=True
    ),
    "a missing role": _drop("Microsoft.Authorization/roleAssignments"),
    "a wide data role": _properties(
        "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments", scope="/account"
    ),
    "no poison queue": _drop("Microsoft.Storage/storageAccounts/queueServices/queues"),
    "no serverless": _properties("Microsoft.DocumentDB/databaseAccounts", capabilities=[]),
    "throughput": _properties(_CONTAINERS, options={"throughput": 400}),
    "no alert": _drop("Microsoft.Insights/metricAlerts"),
    "no lock": _drop("Microsoft.Authorization/locks"),
    "no record": _drop("Microsoft.Insights/diagnosticSettings"),
    "no tags": lambda all_: the(all_, "Microsoft.Web/sites").pop("tags"),
    "one zone": lambda all_: the(all_, "Microsoft.Storage/storageAccounts")["sku"].update(
        name="Standard_LRS"
    ),
    "no cache": _drop(_REDIS),
    "a big cache": lambda all_: the(all_, _REDIS)["sku"].update(name="Balanced_B1"),
    "old TLS of the cache": _properties(_REDIS, minimumTlsVersion="1.0"),
    "a plain cache": _properties(f"{_REDIS}/databases", clientProtocol="Plaintext"),
    "cache keys": _properties(f"{_REDIS}/databases", accessKeysAuthentication="Enabled"),
    "a cluster": _properties(f"{_REDIS}/databases", clusteringPolicy="OSSCluster"),
    "a cache that forgets nothing": _properties(f"{_REDIS}/databases", evictionPolicy="NoEviction"),
    "another port": _properties(f"{_REDIS}/databases", port=10001),
    "a cache for somebody else": _properties(
        f"{_REDIS}/databases/accessPolicyAssignments", user={"objectId": "somebody"}
    ),
    "a silent alert": _properties("Microsoft.Insights/scheduledQueryRules", actions={}),
}


@pytest.mark.parametrize("fault", _PLANTED)
def test_planted_faults_are_seen(resources: list[Resource], plan: str, fault: str) -> None:
    """Each fault makes a rule complain."""
    broken = deepcopy(resources)
    _PLANTED[fault](broken)
    assert complaints(broken, plan) != []


def test_a_fault_in_the_source_is_seen(copy: Path) -> None:
    """The rules read what the compiler makes: shared keys on flex are seen."""
    bicep.break_file(
        copy / "main.bicep", "allowSharedKeyAccess: !isFlex", "allowSharedKeyAccess: true"
    )
    broken = bicep.resources(copy, "flex", EVERYTHING)
    assert "allowSharedKeyAccess is True on flex" in complaints(broken, "flex")


def _container(resources: list[Resource], name: str) -> dict[str, Any]:
    found = {
        r["name"].split("/")[-1]: r["properties"]["resource"]
        for r in of_type(resources, _CONTAINERS)
    }
    container: dict[str, Any] = found[name]
    return container


def _included(policy: dict[str, Any]) -> set[str]:
    return {path["path"] for path in policy["includedPaths"]}


def test_the_index_of_pets(resources: list[Resource]) -> None:
    """Azure indexes what the store's queries compare, which its own policy names, and the id."""
    policy = _container(resources, "pets")["indexingPolicy"]
    assert _included(policy) == _included(PETS_INDEX) | {"/id/?"}
    assert policy["excludedPaths"] == PETS_INDEX["excludedPaths"]
    assert "compositeIndexes" not in policy


def test_the_store_policy_fits_its_queries() -> None:
    """The store's own policy names every member that a query compares, and no other."""
    compared = set(re.findall(r"\bc\.(\w+)", " ".join(CONDITIONS.values())))
    assert {path.split("/")[1] for path in _included(PETS_INDEX)} == compared


def test_the_index_of_claims(resources: list[Resource]) -> None:
    """Claims are read by id alone and vanish after the time that the code promises."""
    claims = _container(resources, "idempotency")
    assert claims["indexingPolicy"] == NO_INDEX
    assert claims["defaultTtl"] == CLAIM_SECONDS


def test_the_index_of_events(resources: list[Resource]) -> None:
    """Events are indexed by what their one query compares, and kept as long as the code says."""
    events = _container(resources, "events")
    assert events["indexingPolicy"] == EVENTS_INDEX
    assert events["defaultTtl"] == KEPT_SECONDS
    compared = set(re.findall(r"\bc\.(\w+)", DUE_QUERY))
    assert {path.split("/")[1] for path in _included(EVENTS_INDEX)} == compared


def test_containers(resources: list[Resource]) -> None:
    """Each container is partitioned by id; pets stay for ever."""
    assert "defaultTtl" not in _container(resources, "pets")
    for container in of_type(resources, _CONTAINERS):
        assert container["properties"]["resource"]["partitionKey"]["paths"] == ["/id"]


def test_the_pets_container_is_the_one_the_app_opens(resources: list[Resource]) -> None:
    """Settings and containers carry the same names."""
    settings = app_settings(resources)
    names = {resource["name"] for resource in of_type(resources, _CONTAINERS)}
    opened = f"{settings['COSMOS_DATABASE']}/{settings['COSMOS_CONTAINER']}"
    assert any(name.endswith(f"/{opened}") for name in names)


def test_data_keeps_its_name_when_the_plan_changes(deployments: dict[str, list[Resource]]) -> None:
    """Database, vault and logs are shared by both plans; app, plan and host storage are not."""
    kept = ("DocumentDB/databaseAccounts", "KeyVault/vaults", "OperationalInsights/workspaces")
    own = ("Web/sites", "Web/serverfarms", "Storage/storageAccounts")
    for kind in kept + own:
        names = {the(found, f"Microsoft.{kind}")["name"] for found in deployments.values()}
        assert len(names) == (1 if kind in kept else 2), kind


def test_storage_on_flex_holds_the_package(deployments: dict[str, list[Resource]]) -> None:
    """The container that the flex app is deployed from exists."""
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers"
    (container,) = of_type(deployments["flex"], kind)
    site = the(deployments["flex"], "Microsoft.Web/sites")["properties"]
    value = site["functionAppConfig"]["deployment"]["storage"]["value"]
    assert container["name"].split("/")[-1] in value


def _resources(template: dict[str, Any]) -> list[dict[str, Any]]:
    resources = template["resources"]
    return list(resources.values() if isinstance(resources, dict) else resources)


def _templates(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield template
    for resource in _resources(template):
        if "template" in resource.get("properties", {}):
            yield from _templates(resource["properties"]["template"])


def test_cosmos_roles_are_given_one_at_a_time(template: dict[str, Any]) -> None:
    """An account that is taking one role assignment refuses the next with 412."""
    kind = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"
    copies = [
        resource["copy"]
        for part in _templates(template)
        for resource in _resources(part)
        if resource["type"] == kind
    ]
    assert [(one["mode"], one["batchSize"]) for one in copies] == [("serial", 1)]


_RESTORED = {"RESTORED_ACCOUNT": "cosmos-restored"}
bicep.expect(_RESTORED)


def test_a_restored_account_takes_the_place_of_the_own(infra: Path, tmp_path: Path) -> None:
    """The app, its roles and alerts go to the account that is named, and none is created."""
    copied = bicep.copy_infra(infra, tmp_path)
    restored = bicep.resources(copied, "flex", _RESTORED)
    assert of_type(restored, "Microsoft.DocumentDB/databaseAccounts") == []
    assert "cosmos-restored" in app_settings(restored)["COSMOS_ENDPOINT"]
    kind = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"
    scopes = [role["properties"]["scope"] for role in of_type(restored, kind)]
    assert len(scopes) == 3
    assert all("/databaseAccounts/cosmos-restored/dbs/petstore/" in scope for scope in scopes)
    assert "cosmos-petstore" not in str(restored)


def test_no_cache_unless_asked_for(copy: Path, plan: str) -> None:
    """Without the parameter no Redis is created, and the app is told of none."""
    resources = bicep.resources(copy, plan)
    assert [one["type"] for one in resources if "redis" in one["type"].lower()] == []
    assert "REDIS_URL" not in app_settings(resources)


@pytest.mark.parametrize(("given", "expected"), [(0, []), (1, [2]), (3, [3])])
def test_zones_keep_two_instances_warm(copy: Path, given: int, expected: list[int]) -> None:
    """A zone-redundant flex plan takes at least two always-ready instances, or none."""
    bicep.break_file(copy / "flex.bicepparam", "alwaysReady: 0", f"alwaysReady: {given}")
    bicep.break_file(
        copy / "flex.bicepparam", "param plan =", "param zoneRedundant = true\nparam plan ="
    )
    site = the(bicep.resources(copy, "flex"), "Microsoft.Web/sites")["properties"]
    ready = site["functionAppConfig"]["scaleAndConcurrency"]["alwaysReady"]
    assert [group["instanceCount"] for group in ready] == expected


def test_everything_is_described(template: dict[str, Any]) -> None:
    """Each parameter says whether it is required, each output says what it is."""
    for part in _templates(template):
        for name, parameter in part.get("parameters", {}).items():
            said = parameter.get("metadata", {}).get("description", "")
            assert re.match(r"(Required|Optional)\. .*\.$", said, re.DOTALL), name
        for name, output in part.get("outputs", {}).items():
            assert output.get("metadata", {}).get("description", "").endswith("."), name


def test_outputs_hold_no_secret(template: dict[str, Any]) -> None:
    """No output is made from a key, a connection string or a secret's value."""
    suspicious = re.compile(
        r"list\w*\(|connectionstring|jwtsecret|\.value\b.*secret", re.IGNORECASE
    )
    for part in _templates(template):
        for name, output in part.get("outputs", {}).items():
            assert not suspicious.search(str(output["value"])), name


def test_no_registry_module(template: dict[str, Any]) -> None:
    """Compiling needs no network: every module is a file of infra/."""
    for path in bicep.INFRA.rglob("*.bicep"):
        assert not re.search(r"^module \w+ '(br|ts)[:/]", path.read_text(), re.MULTILINE)
    assert template["resources"]
