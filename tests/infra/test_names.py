"""Every name that the templates can make is one that its provider takes."""

from copy import deepcopy
from pathlib import Path

import pytest

from tests.infra import bicep, names
from tests.infra.conftest import EVERYTHING, Resources, everything
from tests.infra.rules import the

pytestmark = pytest.mark.infra

# The longest names of an environment, one that begins with a digit, and the shortest.
_SETTINGS = {
    name: {**EVERYTHING, "ENVIRONMENT_NAME": name} for name in ("zzzzzzzz", "12345678", "ab")
}
bicep.expect(*_SETTINGS.values())


@pytest.fixture(scope="module", params=_SETTINGS)
def named(
    request: pytest.FixtureRequest, infra: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Resources]:
    """What is deployed under each of these names."""
    return everything(infra, tmp_path_factory.mktemp("named"), _SETTINGS[request.param])


def test_every_name_is_taken(named: dict[str, Resources]) -> None:
    """Length and characters of every name are allowed for its type."""
    for plan in bicep.PLANS:
        assert list(names.complaints(named[plan])) == []


def test_apps_share_no_host_id(named: dict[str, Resources]) -> None:
    """Two apps whose names begin alike would lock each other out of one storage account."""
    first, second = (names.host_id(named[plan]) for plan in bicep.PLANS)
    assert first != second


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Microsoft.Storage/storageAccounts", "stPetstore"),
        ("Microsoft.Storage/storageAccounts", "s" * 25),
        ("Microsoft.KeyVault/vaults", "kv-" + "a" * 22),
        ("Microsoft.KeyVault/vaults", "1kv"),
        ("Microsoft.KeyVault/vaults", "kv--a"),
        ("Microsoft.DocumentDB/databaseAccounts", "cosmos_petstore"),
        ("Microsoft.DocumentDB/databaseAccounts", "c" * 45),
        ("Microsoft.Web/sites", "func-"),
        ("Microsoft.Web/sites", "f" * 61),
        ("Microsoft.Web/serverfarms", "plan_a"),
        ("Microsoft.OperationalInsights/workspaces", "log-a-"),
        ("Microsoft.Insights/components", "appi."),
        ("Microsoft.Insights/metricAlerts", "alert: 5xx"),
        ("Microsoft.ManagedIdentity/userAssignedIdentities", "-id"),
        ("Microsoft.Authorization/roleAssignments", "reader"),
        (
            "Microsoft.Storage/storageAccounts/queueServices/queues",
            "a/default/notifications--poison",
        ),
        ("Microsoft.Storage/storageAccounts/queueServices/queues", "a/default/Notifications"),
    ],
)
def test_a_wrong_name_is_seen(resources: Resources, kind: str, name: str) -> None:
    """A name that its provider refuses is reported, with its length."""
    broken = deepcopy(resources)
    next(one for one in broken if one["type"] == kind)["name"] = name
    (complaint,) = names.complaints(broken)
    assert repr(name.rpartition("/")[2]) in complaint


def test_a_type_without_a_rule_is_seen(resources: Resources) -> None:
    """A new type of resource needs its rule looked up."""
    broken = deepcopy(resources)
    the(broken, "Microsoft.Web/sites")["type"] = "Microsoft.Web/staticSites"
    assert list(names.complaints(broken)) != []
