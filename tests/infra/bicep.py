"""The Bicep compiler: where it is, and what the tests ask of it.

What operators and az call is called here as they do, ``run``; all else goes to a compiler that stays.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.infra.compiler import NOWHERE, Compiler, Refused, Settings
from tests.tree import ROOT

INFRA = ROOT / "infra"
PLANS = ("consumption", "flex")
_PLACE = (
    f"--tenant-id={NOWHERE}",
    f"--subscription-id={NOWHERE}",
    "--resource-group=petstore",
    "--location=westeurope",
)


@cache
def compiler() -> str | None:
    """Find a compiler: $BICEP, bicep on PATH, the one of `az bicep`, a copy next to the project."""
    places = (
        os.environ.get("BICEP", "bicep"),
        str(Path.home() / ".azure/bin/bicep"),
        str(ROOT.parent / "shared/bin/bicep"),
    )
    return next(filter(None, map(shutil.which, places)), None)


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        code: exit code.
        out: standard output.
        err: standard error; the compiler's diagnostics.
    """

    code: int
    out: str
    err: str

    @property
    def clean(self) -> bool:
        """Return whether it succeeded and said nothing: no error, no warning, no hint."""
        return self.code == 0 and not self.err.strip()


def _environment() -> dict[str, str]:
    """Return what the compiler needs to start."""
    kept = ("HOME", "PATH", "TMPDIR", "DOTNET_BUNDLE_EXTRACT_BASE_DIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    # Where no ICU library is installed the compiler does not start without this.
    return environment | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}


def run(*arguments: str, settings: Settings = MappingProxyType({})) -> Outcome:
    """Run the compiler in an environment that holds nothing but these settings."""
    command = compiler()
    assert command is not None
    ended = subprocess.run(
        [command, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=_environment() | dict(settings),
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


@cache
def version() -> str:
    """Return what the compiler says of its version."""
    return run("--version").out.strip()


@cache
def _running() -> Compiler:
    command = compiler()
    assert command is not None
    return Compiler(command, _environment())


def end() -> None:
    """End the compiler that stays."""
    if _running.cache_info().currsize:
        _running().end()


def copy_infra(infra: Path, folder: Path) -> Path:
    """Copy the templates to where a test may break them."""
    return Path(shutil.copytree(infra, folder / "infra"))


def break_file(path: Path, old: str, new: str) -> None:
    """Replace one piece of a file, which must be there."""
    text = path.read_text()
    assert old in text, f"{path.name} no longer holds {old!r}"
    path.write_text(text.replace(old, new))


def misformatted(infra: Path) -> list[str]:
    """Name the files whose layout is not the one layout."""
    files = [path for path in infra.rglob("*.bicep*") if path.suffix in {".bicep", ".bicepparam"}]
    assert files
    return [path.name for path in files if _running().formatted(path) != path.read_text()]


def lint(infra: Path) -> list[str]:
    """Return each error, warning and hint for the template and its modules."""
    return _running().diagnostics(infra / "main.bicep")


def lint_parameters(infra: Path, plan: str, settings: Settings = MappingProxyType({})) -> list[str]:
    """Return each error, warning and hint for a parameter file; settings need a copy of infra/."""
    return _running().parameters(infra / f"{plan}.bicepparam", settings)


def validate(infra: Path, plan: str) -> Outcome:
    """Compare what would be deployed with the kept snapshot."""
    return run("snapshot", str(infra / f"{plan}.bicepparam"), "--mode=validate", *_PLACE)


def expect(*several: Settings) -> None:
    """Name the settings of ``resources`` and ``lint_parameters``: one start serves for all."""
    if compiler():
        _running().expect(*several)


def resources(
    infra: Path, plan: str, settings: Settings = MappingProxyType({})
) -> list[dict[str, Any]]:
    """Return the resources that would be deployed; settings need a copy of infra/."""
    snapshot = _running().snapshot(infra / f"{plan}.bicepparam", settings)
    assert snapshot["diagnostics"] == []
    found: list[dict[str, Any]] = snapshot["predictedResources"]
    return found


def refusal(infra: Path, plan: str, settings: Settings = MappingProxyType({})) -> str:
    """Return why nothing would be deployed; empty where something would be."""
    try:
        _running().snapshot(infra / f"{plan}.bicepparam", settings)
    except Refused as error:
        return str(error)
    return ""


def build(infra: Path) -> dict[str, Any]:
    """Compile main.bicep to an ARM template."""
    ended = run("build", str(infra / "main.bicep"), "--stdout")
    assert ended.clean, ended.err
    template: dict[str, Any] = json.loads(ended.out)
    return template
