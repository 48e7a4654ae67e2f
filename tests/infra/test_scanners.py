"""Scanners that nobody here wrote: checkov for the resources, two for the workflow."""

import json
import os
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.infra import bicep
from tests.infra.rules import Resource, the
from tests.tree import ROOT

pytestmark = pytest.mark.infra

_WORKFLOW = ROOT / ".github/workflows/deploy.yml"
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


@pytest.fixture(scope="session")
def scanners() -> Path:
    """Return the folder of the scanners' programs; they have an environment of their own."""
    setup = (str(ROOT / "scripts/setup"), ".tools/scanners", "3.13")
    made = subprocess.run(
        [*setup, "tests/infra/requirements.txt"], check=False, capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"NO SCANNERS (checkov, check-jsonschema, zizmor): {made.stderr[-500:]}")
    return ROOT / ".tools/scanners/bin"


def _run(*command: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LOG_LEVEL": "ERROR", "BC_SKIP_MAPPING": "TRUE"}
    return subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )


@pytest.fixture(scope="session")
def report(
    scanners: Path, tmp_path_factory: pytest.TempPathFactory, deployments: dict[str, list[Resource]]
) -> dict[str, Any]:
    """Let checkov look at each deployment as a flat template, and at one with planted faults."""
    folder = tmp_path_factory.mktemp("checkov")
    for name, resources in {**deployments, "broken": _broken(deployments["flex"])}.items():
        flat = {"$schema": _SCHEMA, "contentVersion": "1.0.0.0", "resources": resources}
        (folder / f"{name}.json").write_text(json.dumps(flat))
    config = bicep.INFRA / "checkov.yaml"
    ended = _run(scanners / "checkov", "--config-file", config, "-d", folder, "-o", "json")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _broken(resources: list[Resource]) -> list[Resource]:
    broken = deepcopy(resources)
    the(broken, "Microsoft.Web/sites")["properties"]["httpsOnly"] = False
    storage = the(broken, "Microsoft.Storage/storageAccounts")["properties"]
    storage["minimumTlsVersion"] = "TLS1_0"
    the(broken, "Microsoft.KeyVault/vaults")["properties"]["enablePurgeProtection"] = False
    return broken


def _failed(report: dict[str, Any], name: str) -> set[str]:
    checks = report["results"]["failed_checks"]
    return {check["check_id"] for check in checks if check["file_path"] == f"/{name}.json"}


def test_checkov_finds_nothing(report: dict[str, Any], plan: str) -> None:
    """Of all its checks none fails but those that infra/checkov.yaml lists with a reason."""
    assert _failed(report, plan) == set()
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 60


def test_checkov_sees_planted_faults(report: dict[str, Any]) -> None:
    """Plain HTTP, old TLS and a vault that can be purged are seen."""
    assert _failed(report, "broken") >= {"CKV_AZURE_14", "CKV_AZURE_44", "CKV_AZURE_110"}


def test_every_exception_has_a_reason() -> None:
    """No check is skipped without a sentence."""
    lines = (bicep.INFRA / "checkov.yaml").read_text().splitlines()
    skipped = [line for line in lines if line.strip().startswith("- CKV")]
    assert skipped
    assert [line for line in skipped if len(line.partition("# ")[2]) < 10] == []


def _lint(scanners: Path, workflow: Path) -> list[str]:
    schema = ("--builtin-schema", "vendor.github-workflows")
    runs = [
        _run(scanners / "check-jsonschema", *schema, workflow),
        _run(scanners / "zizmor", "--offline", "--no-progress", workflow),
    ]
    return [run.stdout + run.stderr for run in runs if run.returncode]


def test_the_workflow_is_clean(scanners: Path) -> None:
    """The workflow fits GitHub's schema, and zizmor finds no weakness in it."""
    assert _lint(scanners, _WORKFLOW) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("runs-on:", "run-on:"),
        ("@f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca # v3.0.1", "@v3"),
        ("permissions:\n      contents: read\n    steps:", "permissions: write-all\n    steps:"),
        ('publish NAME="$APP"', "publish NAME=${{ github.event.head_commit.message }}"),
    ],
)
def test_planted_faults_in_the_workflow(scanners: Path, tmp_path: Path, old: str, new: str) -> None:
    """A wrong key, an unpinned action, every permission, an injected text are seen."""
    workflow = tmp_path / ".github/workflows/deploy.yml"
    workflow.parent.mkdir(parents=True)
    shutil.copy(_WORKFLOW, workflow)
    bicep.break_file(workflow, old, new)
    assert _lint(scanners, workflow) != []
