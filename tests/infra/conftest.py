"""What the tests of infra/ share; each result of the compiler is made once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra import bicep

Resources = list[dict[str, Any]]

# Everything that makes a resource or a setting of its own.
EVERYTHING = {
    "JWT_SECRET": "x" * 32,
    "JWT_JWKS_URL": "https://login.example/keys",
    "JWT_ISSUER": "https://login.example",
    "JWT_AUDIENCE": "petstore",
    "SMTP_URL": "smtps://user:password@mail.example:465",
    "MAIL_FROM": "pets@mail.example",
    "ALERT_EMAIL": "operator@mail.example",
}
bicep.expect(EVERYTHING)
_SWITCHES = """
param zoneRedundant = true
param lockData = true
param redisCache = true
param availabilityTest = true
param budget = { amount: 50, startDate: '2027-01-01' }
param extraTags = { owner: 'pets' }
"""


def everything(
    infra: Path, folder: Path, settings: Mapping[str, str] = EVERYTHING
) -> dict[str, Resources]:
    """Return the resources of each plan with all switched on, in a copy of infra/."""
    copied = bicep.copy_infra(infra, folder)
    for plan in bicep.PLANS:
        with (copied / f"{plan}.bicepparam").open("a") as parameters:
            parameters.write(_SWITCHES)
    return {plan: bicep.resources(copied, plan, settings) for plan in bicep.PLANS}


@pytest.fixture(scope="session", autouse=True)
def _compiler_ends() -> Iterator[None]:
    yield
    bicep.end()


@pytest.fixture(scope="session")
def infra() -> Path:
    """Return the templates, where there is a compiler for them; else skip, and say what is lost."""
    if bicep.compiler() is None:
        pytest.skip(
            "NO BICEP COMPILER: infra/ is not compiled, linted or compared with its snapshots. "
            "Install bicep or az bicep, or name one in $BICEP."
        )
    return bicep.INFRA


@pytest.fixture(scope="session")
def template(infra: Path) -> dict[str, Any]:
    """Return the compiled ARM template."""
    return bicep.build(infra)


@pytest.fixture(scope="session")
def deployments(infra: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Resources]:
    """Return the resources that a deployment of each plan makes when all is switched on."""
    return everything(infra, tmp_path_factory.mktemp("deployments"))


@pytest.fixture(params=bicep.PLANS)
def plan(request: pytest.FixtureRequest) -> str:
    """Return each plan in turn."""
    return str(request.param)


@pytest.fixture
def resources(deployments: dict[str, Resources], plan: str) -> Resources:
    """Return the resources of one plan."""
    return deployments[plan]


@pytest.fixture
def copy(infra: Path, tmp_path: Path) -> Path:
    """Return a copy of infra/ that a test may break."""
    return bicep.copy_infra(infra, tmp_path)
