"""The gates reach every Python file of the repository, those without the ending included."""

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.documents import read, tracked
from tests.tree import ROOT

_RUFF = Path(sys.executable).with_name("ruff")


def _is_python(name: str) -> bool:
    if name.endswith(".py"):
        return True
    with (ROOT / name).open("rb") as file:
        first = file.readline(80)
    return first.startswith(b"#!") and b"python" in first


def _programs() -> set[str]:
    """Return the Python files that git tracks, without those that are test data."""
    return {name for name in tracked() if _is_python(name) and "/probe_" not in name}


def test_ruff_reaches_every_file() -> None:
    """Each Python file is linted and formatted."""
    listed = subprocess.run(
        [_RUFF, "check", "--show-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    reached = {Path(line).relative_to(ROOT).as_posix() for line in listed.stdout.splitlines()}
    assert _programs() - reached == set()
    assert "scripts/smoke" in reached


def test_mypy_reaches_every_file() -> None:
    """Each Python file is one of those, or in one of the folders, that mypy is told."""
    told = tomllib.loads(read("pyproject.toml"))["tool"]["mypy"]["files"]
    folders = tuple(f"{name}/" for name in told if (ROOT / name).is_dir())
    missed = {
        name
        for name in _programs() - set(told)
        if not (name.startswith(folders) and name.endswith(".py"))
    }
    assert missed == set()
