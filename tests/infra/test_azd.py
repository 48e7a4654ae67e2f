"""`azd up`: azure.yaml by azd's own schema, and the templates as azd reads them."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from tests.documents import read
from tests.infra import bicep
from tests.infra.azd.interface import complaints_of_resources, complaints_of_template
from tests.infra.azd.reduce import SCHEMA
from tests.infra.conftest import Resources
from tests.infra.rules import Resource, the

pytestmark = pytest.mark.infra

# What azd has in its environment when it compiles: its own names, and what `azd env set` kept.
_AZD = {
    "AZURE_ENV_NAME": "petstore-dev",
    "AZURE_LOCATION": "westeurope",
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
    "AZURE_RESOURCE_GROUP": "rg-petstore-dev",
    "AZURE_PRINCIPAL_ID": "11111111-1111-1111-1111-111111111111",
    "JWT_SECRET": "x" * 32,
}
bicep.expect(_AZD)


def _service() -> str:
    (name,) = yaml.safe_load(read("azure.yaml"))["services"]
    return str(name)


_FAULTS = [
    ("host: function", "host: functions"),
    ("remoteBuild: false", "remoteBuild: perhaps"),
    ("name: petstore", "nam: petstore"),
    ("name: petstore", "name: Pet Store"),
    ("prepackage:", "prepackages:"),
    ("shell: sh", "shell: fish"),
    ("project: .\n", "\n"),
]


def test_the_schema_of_azd(tmp_path: Path) -> None:
    """azure.yaml is valid by azd's schema as it is, and each planted fault is seen."""
    good, text = tmp_path / "azure.yaml", read("azure.yaml")
    good.write_text(text)
    broken = [tmp_path / f"broken-{number}.yaml" for number in range(len(_FAULTS))]
    for file, (old, new) in zip(broken, _FAULTS, strict=True):
        assert old in text
        file.write_text(text.replace(old, new, 1))
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = ("--schemafile", SCHEMA, "--output-format", "json", good, *broken)
    ended = subprocess.run(
        [checker, *map(str, command)], capture_output=True, text=True, check=False
    )
    found = json.loads(ended.stdout)
    assert found["parse_errors"] == []
    assert {error["filename"] for error in found["errors"]} == set(map(str, broken))


@pytest.fixture(scope="module", params=bicep.PLANS)
def compiled(request: pytest.FixtureRequest, infra: Path) -> str:
    """What azd gets of the compiler for a plan."""
    file = infra / f"{request.param}.bicepparam"
    ended = bicep.run("build-params", str(file), "--stdout", settings=_AZD)
    assert ended.clean, ended.err
    return ended.out


def test_azd_can_use_the_template(compiled: str) -> None:
    """It goes into a resource group, every parameter has a value and a type, outputs differ."""
    assert list(complaints_of_template(compiled)) == []


def _template(change: Callable[[Resource], None]) -> Callable[[str], str]:
    def broken(compiled: str) -> str:
        output = json.loads(compiled)
        template = json.loads(output["templateJson"])
        change(template)
        return json.dumps(output | {"templateJson": json.dumps(template)})

    return broken


_SUBSCRIPTION = (
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (_template(lambda one: one.update({"$schema": _SUBSCRIPTION})), "resource group"),
        (_template(lambda one: one["parameters"].update(other={"type": "string"})), "no value"),
        (_template(lambda one: one["definitions"].clear()), "is not defined"),
        (_template(lambda one: one["outputs"].update(BASEURL={})), "two outputs"),
    ],
)
def test_a_template_that_azd_cannot_use_is_seen(
    compiled: str, fault: Callable[[str], str], text: str
) -> None:
    """Another scope, a parameter without a value or a type, names that differ in case only."""
    assert text in " ".join(complaints_of_template(fault(compiled)))


@pytest.fixture(scope="module")
def deployed(infra: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Resources]:
    """The resources of each plan as azd deploys them."""
    copied = bicep.copy_infra(infra, tmp_path_factory.mktemp("azd"))
    return {plan: bicep.resources(copied, plan, _AZD) for plan in bicep.PLANS}


def test_azd_finds_the_resources(deployed: dict[str, Resources], plan: str) -> None:
    """One host has the service's tag, and all that carries tags the environment's."""
    environment = _AZD["AZURE_ENV_NAME"]
    assert list(complaints_of_resources(deployed[plan], _service(), environment)) == []


def test_without_azd_there_is_no_environment(resources: Resources) -> None:
    """A deployment by az alone carries no tag of an azd environment."""
    assert "azd-env-name" not in json.dumps(resources)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda all_: the(all_, "Microsoft.Web/sites")["tags"].pop("azd-service-name"), "0 hosts"),
        (lambda all_: all_.append(deepcopy(the(all_, "Microsoft.Web/sites"))), "2 hosts"),
        (
            lambda all_: the(all_, "Microsoft.Storage/storageAccounts")["tags"].clear(),
            "storageAccounts is not tagged",
        ),
    ],
)
def test_a_tag_that_is_missing_is_seen(
    deployed: dict[str, Resources], plan: str, change: Callable[[Resources], object], text: str
) -> None:
    """No host, two hosts, and a resource of no environment."""
    broken = deepcopy(deployed[plan])
    change(broken)
    found = complaints_of_resources(broken, _service(), _AZD["AZURE_ENV_NAME"])
    assert text in " ".join(found)


def test_the_documented_outputs_exist(compiled: str) -> None:
    """The names under which docs/deploy.md finds URL and endpoint are outputs."""
    page = read("docs/deploy.md").partition("## All in one, with azd")[2].partition("\n## ")[0]
    outputs = json.loads(json.loads(compiled)["templateJson"])["outputs"]
    named = set(re.findall(r"`(SERVICE_[A-Z_]+|COSMOS_ENDPOINT)`", page))
    assert named
    assert named <= set(outputs)
    assert all(name == name.upper() for name in named)
