"""`make import` as README shows it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.server import ROOT, started

if sys.version_info < (3, 13):
    pytest.skip("SKIPPED: the dev host runs on Python 3.13 and later", allow_module_level=True)

_SECRET = "for this test only, and 32 bytes long"  # noqa: S105


def _make(target: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-s", target, *arguments],  # noqa: S607
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_sample(tmp_path: Path) -> None:
    """The 200 pets of the sample are made with a token; run again it makes none twice."""
    file = f"FILE={shutil.copy(ROOT / 'samples' / 'pets.csv', tmp_path)}"
    with started(tmp_path, JWT_SECRET=_SECRET) as server:
        url = f"URL={server.api}"
        refused = _make("import", file, url)
        assert refused.returncode != 0
        assert "401" in refused.stderr
        token = _make("token", JWT_SECRET=_SECRET).stdout.strip()
        made = _make("import", file, url, PETSTORE_TOKEN=token)
        assert made.stdout.startswith("made 200, already there 0, refused 0"), made.stderr
        again = _make("import", file, url, f"TOKEN={token}")
        assert again.stdout.startswith("made 0, already there 200, refused 0"), again.stderr
        assert len(server.call("GET", "/pets?limit=100")[1]["data"]) == 100


def test_without_a_file() -> None:
    """Without a file the command says what is missing."""
    ended = _make("import")
    assert (ended.returncode != 0, "make import FILE=" in ended.stderr) == (True, True)
