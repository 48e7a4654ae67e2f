"""The import contracts hold, and can fail."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.documents import read, section
from tests.tree import ROOT

_LINT = Path(sys.executable).with_name("lint-imports")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def _importers(package: str) -> set[str]:
    """Return the modules of the app that import a package, wherever in them."""
    importing = re.compile(rf"^\s*(import|from) {re.escape(package)}\b", re.MULTILINE)
    sources = [ROOT / "function_app.py", *(ROOT / "petstore").rglob("*.py")]
    return {
        source.relative_to(ROOT).as_posix()
        for source in sources
        if importing.search(source.read_text())
    }


def test_who_imports_azure() -> None:
    """Each of Azure's packages has its one room; import-linter cannot tell them apart."""
    assert _importers("azure.cosmos") == {
        "petstore/repository/cosmos/account.py",
        "petstore/repository/cosmos/layout.py",
        "petstore/repository/cosmos/writes.py",
    }
    assert _importers("azure.identity") == {"petstore/repository/credentials.py"}
    assert {name.rpartition("/")[0] for name in _importers("redis")} == {
        "petstore/repository/cache"
    }
    assert "function_app.py" in _importers("azure.functions")
    assert {
        name for name in _importers("azure.functions") if not name.startswith("petstore/http/")
    } == {"function_app.py"}


def test_the_contracts_hold() -> None:
    """The tree keeps its import contracts."""
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout


def _contracts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"][
        "contracts"
    ]
    return found


def test_the_layers_are_documented() -> None:
    """The drawings of docs/architecture.md are the layers of the contracts, line by line."""
    text = section(read("docs/architecture.md"), "## Who may import whom")
    drawn = [block.strip().splitlines() for block in text.split("```")[1::2]]
    assert drawn == [one["layers"] for one in _contracts() if one["type"] == "layers"]


def test_the_other_contracts_are_documented() -> None:
    """Each other contract stands in docs/architecture.md by its name, and no more stand there."""
    text = section(read("docs/architecture.md"), "## Who may import whom")
    names = re.findall(r"^- \*\*(.+?)\*\*", text, re.MULTILINE)
    assert names == [one["name"] for one in _contracts() if one["type"] != "layers"]


@pytest.mark.parametrize(
    ("module", "planted", "contract"),
    [
        ("petstore/models.py", "import petstore.pets", "Each room imports only"),
        ("petstore/pets.py", "import petstore.repository.sqlite", "Only the wiring knows"),
        ("petstore/pets.py", "import azure.cosmos", "The rules know nothing"),
        ("petstore/wiring.py", "import function_app", "Nothing imports the triggers"),
        ("petstore/http/docs.py", "import openapi.document", "The generator of the OpenAPI"),
        ("devhost/queues/memory.py", "import devhost.triggers.timer", "Each room of the dev host"),
        ("devhost/__init__.py", "import petstore.errors", "The dev host runs any"),
        ("petstore/mail.py", "import petstore.notifications", "Each room imports only"),
        ("petstore/notifications.py", "import azure.storage", "The rules know nothing"),
        ("importer/rows.py", "import petstore.models", "The importer is a client"),
        ("costs/traffic.py", "import costs.prices", "Each module of the costs"),
        ("costs/plans.py", "import petstore.limits", "The sums know no code"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, module: str, planted: str, contract: str) -> None:
    """Each contract breaks on an import that it forbids."""
    for source in [
        *ROOT.glob("petstore/**/*.py"),
        *ROOT.glob("devhost/**/*.py"),
        *ROOT.glob("importer/*.py"),
        *ROOT.glob("costs/*.py"),
        *ROOT.glob("openapi/*.py"),
        ROOT / "function_app.py",
        ROOT / "pyproject.toml",
    ]:
        copy = tmp_path / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source.read_text())
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{planted}\n")
    result = _lint(tmp_path)
    assert result.returncode == 1
    broken = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken)
