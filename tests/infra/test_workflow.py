"""The deploy job's own commands, run: az against the stand-in, the smoke test against the API."""

import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.server import Server, started
from tests.infra.azure_cli.program import Az, installed, logged_in
from tests.infra.azure_cli.workflow import Job, run_job, runner_environment
from tests.infra.checkout import checked_out
from tests.infra.conftest import EVERYTHING
from tests.tree import ROOT

pytestmark = pytest.mark.infra

_WORKFLOW = ROOT / ".github/workflows/deploy.yml"
_CORE_TOOLS = "install --global azure-functions-core-tools@4.15.1"
_SECRET = EVERYTHING["JWT_SECRET"]
_UNKNOWN = {"code": "PrincipalNotFound", "message": "Principal 0 does not exist in the directory."}


@pytest.fixture(scope="module")
def az(infra: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Az]:  # noqa: ARG001
    """az, logged in, and a resource group."""
    installed()
    with logged_in(tmp_path_factory.mktemp("azure")) as found:
        assert found.run("group", "create", "-n", "petstore", "-l", "westeurope").returncode == 0
        yield found


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The API as it would be there after publishing: with the secret of the workflow."""
    with started(tmp_path_factory.mktemp("api"), JWT_SECRET=_SECRET) as server:
        yield server


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the job checks out."""
    return checked_out(tmp_path_factory.mktemp("checkout") / "petstore")


class Runner:
    """Runs jobs with a `func` that only notes how it was called, and a `sleep` that does not wait.

    Args:
        az: the real Azure CLI.
        api: what the deployment says is its URL.
        checkout: where the job runs.
        folder: for programs and notes.
    """

    def __init__(self, az: Az, api: Server, checkout: Path, folder: Path) -> None:
        self.azure = az.azure
        self.azure.outputs = {"functionAppName": "func-petstore", "baseUrl": api.api}
        self.azure.faults = {}
        self.azure.calls.clear()
        self._az, self._checkout = az, checkout
        self._folder, self._notes = folder, folder / "notes"
        self._programs = folder / "programs"
        self._programs.mkdir()
        self._notes.touch()
        for name in ("func", "sleep"):
            self.replace(name, f'echo "{name} $*" >>{shlex.quote(str(self._notes))}')
        # Core Tools are not installed by a test; another call is one of the project's own.
        self.replace(
            "npm", f'[ "$*" = "{_CORE_TOOLS}" ] || exec {shutil.which("npm") or "false"} "$@"'
        )
        python = ROOT / ".tools/azure-cli/bin/python"
        self.replace("az", f'exec {shlex.quote(str(python))} -m azure.cli "$@"')

    def replace(self, name: str, script: str) -> None:
        """Put another program of this name onto the PATH."""
        program = self._programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def run(self, name: str, secrets: Mapping[str, str], **variables: str) -> Job:
        """Run a job; RESOURCE_GROUP is petstore."""
        contexts = {"vars": {"RESOURCE_GROUP": "petstore", **variables}, "secrets": secrets}
        environment = runner_environment(self._programs)
        path = f"{self._programs}:{self._az.environment['PATH']}"
        environment |= {**self._az.environment, "PATH": path}
        return run_job(
            *(_WORKFLOW, name, contexts, environment),
            folder=self._checkout,
            scratch=self._folder,
        )

    def noted(self, program: str) -> list[str]:
        """Return how a program was called."""
        lines = self._notes.read_text().splitlines()
        return [line for line in lines if line.split()[0] == program]


@pytest.fixture
def runner(az: Az, api: Server, checkout: Path, tmp_path: Path) -> Iterator[Runner]:
    """A runner; no call of Azure may have been strange."""
    runner = Runner(az, api, checkout, tmp_path)
    yield runner
    assert az.azure.refused == []


def _published(runner: Runner) -> list[str]:
    return [line for line in runner.noted("func") if "publish func-petstore" in line]


def test_deploys_publishes_and_checks(runner: Runner) -> None:
    """All goes well: the plan and environment of the variables, a fresh token, a green job.

    On the way the identity is not known yet once, and publishing is refused once.
    """
    runner.azure.faults = {"run": [(400, _UNKNOWN)]}
    runner.replace("func", _failing_once(runner))
    job = runner.run("deploy", {"JWT_SECRET": _SECRET}, PLAN="flex", ENVIRONMENT_NAME="Staging")
    assert not job.is_red, job.log
    _, deployed = (body["properties"] for body in runner.azure.called("PUT", "/deployments/main"))
    found = {name: one["value"] for name, one in deployed["parameters"].items()}
    assert (found["plan"], found["environmentName"].lower()) == ("flex", "staging")
    assert found["jwtSecret"] == _SECRET
    assert len(_published(runner)) == 2
    assert all(line.endswith(" --python --no-build") for line in _published(runner))
    assert runner.noted("sleep") == ["sleep 30", "sleep 30"]
    assert "POST   /pets " in job.log
    assert "All is well." in job.log


def _failing_once(runner: Runner) -> str:
    notes = shlex.quote(str(runner._notes))
    return f'echo "func $*" >>{notes}\n[ "$(grep -c "^func azure" {notes})" -gt 1 ]'


def test_azure_builds_for_the_classic_plan(runner: Runner) -> None:
    """The next deployment would remove the setting that a built package needs on this plan."""
    job = runner.run("deploy", {"JWT_SECRET": _SECRET})
    assert not job.is_red, job.log
    assert _published(runner) == [
        "func azure functionapp publish func-petstore --python --build remote"
    ]


def test_a_refusal_ends_the_job_red(runner: Runner) -> None:
    """A 4xx of Azure is shown, nothing is tried again or published, and the job is red."""
    error = {"code": "RequestDisallowedByPolicy", "message": "The policy forbids it."}
    runner.azure.faults = {"validate": [(403, error)]}
    job = runner.run("deploy", {"JWT_SECRET": _SECRET})
    assert job.is_red
    assert job.ran == ["Deploy the resources"]
    assert "The policy forbids it." in job.log
    assert (runner.noted("func"), runner.noted("sleep")) == ([], [])
    assert _SECRET not in job.log


def test_the_preview_keeps_secrets(runner: Runner) -> None:
    """The preview has no secrets, shows them as kept all the same, and deploys nothing."""
    job = runner.run("preview", {}, PLAN="flex", MAIL_FROM="pets@example.com")
    assert not job.is_red, job.log
    (asked,) = (body["properties"] for body in runner.azure.called("POST", "/main/whatif"))
    found = {name: one["value"] for name, one in asked["parameters"].items()}
    assert (found["hasJwtSecret"], found["hasSmtpUrl"]) == (True, True)
    assert (found["jwtSecret"], found["smtpUrl"]) == ("", "")
    assert runner.azure.called("PUT", "/deployments/main") == []
