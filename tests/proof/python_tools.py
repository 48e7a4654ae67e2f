"""Tools of others that are written in Python, each in an environment of its own."""

import subprocess
from pathlib import Path

import pytest

from tests.tree import ROOT

_HERE = Path(__file__).parent


def installed(name: str) -> Path:
    """Return the folder of a tool's programs, python among them; skip loudly where PyPI is away.

    Args:
        name: the folder next to this file that has the tool's requirements.txt.
    """
    requirements = _HERE / name / "requirements.txt"
    setup = (str(ROOT / "scripts/setup"), f".tools/{name}", "3.13", str(requirements))
    ended = subprocess.run(setup, cwd=ROOT, check=False, capture_output=True, text=True)
    if ended.returncode != 0:
        pytest.skip(f"NOT PROVEN by {name}: it could not be installed. {ended.stderr}")
    return ROOT / ".tools" / name / "bin"
