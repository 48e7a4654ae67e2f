"""`az deployment group` as the documents write it: the real Azure CLI against a stand-in for Azure."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra import bicep
from tests.infra.azure_cli.program import Az, installed, logged_in
from tests.infra.conftest import EVERYTHING

pytestmark = pytest.mark.infra

_DEPLOY = ("deployment", "group", "create", "-g", "petstore", "-f", "infra/main.bicep")
_OUTPUTS = {"functionAppName": "func-petstore", "baseUrl": "https://func-petstore.example/api"}
_SECRETS = {"jwtSecret": EVERYTHING["JWT_SECRET"], "smtpUrl": EVERYTHING["SMTP_URL"]}


@pytest.fixture(scope="module")
def program(infra: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Az]:  # noqa: ARG001
    """az, logged in once for all tests."""
    installed()
    with logged_in(tmp_path_factory.mktemp("azure")) as az:
        assert az.run("group", "create", "-n", "petstore", "-l", "westeurope").returncode == 0
        yield az


@pytest.fixture
def az(program: Az) -> Iterator[Az]:
    """az, before an Azure where nothing was deployed; at the end no call may have been strange."""
    azure = program.azure
    azure.outputs, azure.faults = dict(_OUTPUTS), {}
    azure.calls.clear()
    yield program
    assert azure.refused == []


def _parameters(plan: str, **settings: str) -> dict[str, Any]:
    """Return the parameters of a plan as the compiler builds them."""
    path = bicep.INFRA / f"{plan}.bicepparam"
    ended = bicep.run("build-params", str(path), "--stdout", settings=settings)
    found: dict[str, Any] = json.loads(json.loads(ended.out)["parametersJson"])["parameters"]
    return found


def test_deploys_what_the_compiler_builds(az: Az, template: dict[str, Any]) -> None:
    """Template and parameters arrive as compiled, are validated first, and outputs come back.

    A secret's value is in its own secure parameter and nowhere else, and az prints none.
    """
    ended = az.run(
        *(*_DEPLOY, "-p", "infra/flex.bicepparam", "--query", "properties.outputs"), **EVERYTHING
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["functionAppName"]["value"] == "func-petstore"
    (deployed,) = (body["properties"] for body in az.azure.called("PUT", "/deployments/main"))
    (validated,) = (body["properties"] for body in az.azure.called("POST", "/main/validate"))
    assert validated == deployed
    assert deployed["template"] == template
    assert deployed["parameters"] == _parameters("flex", **EVERYTHING)
    assert deployed["mode"] == "Incremental"
    for name, value in _SECRETS.items():
        assert template["parameters"][name]["type"] == "securestring"
        assert deployed["parameters"].pop(name) == {"value": value}
        assert value not in ended.stdout + ended.stderr + json.dumps(deployed)


def test_kept_secrets_and_parameters_of_the_command_line(az: Az) -> None:
    """KEEP_SECRETS sends no value; parameters after the file win over the file's."""
    inline = ("-p", "lockData=true", "maxInstances=60")
    ended = az.run(*_DEPLOY, "-p", "infra/flex.bicepparam", *inline, KEEP_SECRETS="JWT_SECRET")
    assert ended.returncode == 0, ended.stderr
    (deployed,) = (body["properties"] for body in az.azure.called("PUT", "/deployments/main"))
    found = {name: one["value"] for name, one in deployed["parameters"].items()}
    assert (found["hasJwtSecret"], found["jwtSecret"], found["hasSmtpUrl"]) == (True, "", False)
    assert (found["lockData"], found["maxInstances"], found["plan"]) == (True, 60, "flex")


def test_what_if_deploys_nothing(az: Az, template: dict[str, Any]) -> None:
    """A preview sends the same template, shows the change, and deploys nothing."""
    place = "/subscriptions/s/resourceGroups/petstore/providers/Microsoft.KeyVault/vaults/kv"
    az.azure.changes = [{"resourceId": place, "changeType": "Delete", "before": {"id": place}}]
    ended = az.run(
        *("deployment", "group", "what-if", "-g", "petstore", "-f", "infra/main.bicep"),
        *("-p", "infra/consumption.bicepparam", "--validation-level", "ProviderNoRbac"),
    )
    assert ended.returncode == 0, ended.stderr
    assert "Microsoft.KeyVault/vaults/kv" in ended.stdout
    (asked,) = (body["properties"] for body in az.azure.called("POST", "/main/whatif"))
    assert asked["template"] == template
    assert az.azure.called("PUT", "/deployments/main") == []


@pytest.mark.parametrize("operation", ["validate", "run"])
def test_an_error_of_azure_ends_the_command(az: Az, operation: str) -> None:
    """Whether Azure refuses at once or in the middle, az ends with another code than 0 and Azure's own sentence."""
    error = {"code": "InvalidTemplateDeployment", "message": "The region has no such plan."}
    az.azure.faults = {operation: [(400, error)]}
    ended = az.run(*_DEPLOY, "-p", "infra/flex.bicepparam")
    assert ended.returncode != 0
    assert "The region has no such plan." in ended.stderr
    assert ended.stdout == ""


def test_the_stand_in_is_strict(az: Az) -> None:
    """A call that Azure does not have, and a group that is missing, are errors."""
    assert az.run("group", "show", "-n", "nothing").returncode != 0
    ended = az.run("rest", "--url", f"{_endpoint(az)}/subscriptions/x?api-version=2020-01-01")
    assert ended.returncode != 0
    assert len(az.azure.refused) == 1
    az.azure.refused.clear()


def _endpoint(az: Az) -> str:
    ended = az.run("cloud", "show", "--query", "endpoints.resourceManager", "-o", "tsv")
    return ended.stdout.strip()
