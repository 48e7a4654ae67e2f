"""The Bicep compiler: where it is, and what the tests ask of it."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.tree import ROOT

INFRA = ROOT / "infra"
PLANS = ("consumption", "flex")
# The place that the kept snapshots pretend to deploy to.
_NOWHERE = "00000000-0000-0000-0000-000000000000"
_PLACE = (
    f"--tenant-id={_NOWHERE}",
    f"--subscription-id={_NOWHERE}",
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


def run(*arguments: str, settings: Mapping[str, str] | None = None) -> Outcome:
    """Run the compiler in an environment that holds nothing but these settings."""
    command = compiler()
    assert command is not None
    kept = ("HOME", "PATH", "TMPDIR", "DOTNET_BUNDLE_EXTRACT_BASE_DIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    # Where no ICU library is installed the compiler does not start without this.
    environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1"
    ended = subprocess.run(
        [command, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment | dict(settings or {}),
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def copy_infra(infra: Path, folder: Path) -> Path:
    """Copy the templates to where a test may break them."""
    return Path(shutil.copytree(infra, folder / "infra"))


def break_file(path: Path, old: str, new: str) -> None:
    """Replace one piece of a file, which must be there."""
    text = path.read_text()
    assert old in text, f"{path.name} no longer holds {old!r}"
    path.write_text(text.replace(old, new))


def misformatted(infra: Path) -> list[str]:
    """Format a copy of the files and name those that change."""
    before = {path: path.read_bytes() for path in infra.rglob("*.bicep*")}
    for pattern in ("**/*.bicep", "**/*.bicepparam"):
        run("format", "--pattern", f"{infra}/{pattern}")
    return [path.name for path, content in before.items() if path.read_bytes() != content]


def validate(infra: Path, plan: str, settings: Mapping[str, str] | None = None) -> Outcome:
    """Compare what would be deployed with the kept snapshot."""
    parameters = str(infra / f"{plan}.bicepparam")
    return run("snapshot", parameters, "--mode=validate", *_PLACE, settings=settings)


def resources(
    infra: Path, plan: str, settings: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Return the resources that would be deployed; overwrites the snapshot in this folder."""
    ended = run("snapshot", str(infra / f"{plan}.bicepparam"), *_PLACE, settings=settings)
    assert ended.clean, ended.err
    found: list[dict[str, Any]] = json.loads((infra / f"{plan}.snapshot.json").read_text())[
        "predictedResources"
    ]
    return found


def build(infra: Path) -> dict[str, Any]:
    """Compile main.bicep to an ARM template."""
    ended = run("build", str(infra / "main.bicep"), "--stdout")
    assert ended.clean, ended.err
    template: dict[str, Any] = json.loads(ended.out)
    return template
