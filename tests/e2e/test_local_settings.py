"""Where `make events` and `make token` take their settings from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tree import ROOT

_BLOCKED = """
import runpy, sys
sys.modules["devhost"] = None
sys.argv = [{script!r}, *{arguments!r}]
runpy.run_path({script!r}, run_name="__main__")
"""
_SECRET = "for this test only, and 32 bytes long"  # noqa: S105
_SCRIPTS = [("events.py", []), ("make_token.py", ["ada", ""])]


def _run(command: list[str], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("script", "arguments"), _SCRIPTS)
def test_operators_need_no_dev_host(tmp_path: Path, script: str, arguments: list[str]) -> None:
    """Settings of the environment are enough; the dev host is not even imported."""
    code = _BLOCKED.format(script=str(ROOT / "scripts" / script), arguments=arguments)
    settings = {"PETSTORE_SQLITE_PATH": str(tmp_path / "pets.db"), "JWT_SECRET": _SECRET}
    ended = _run(["-c", code], tmp_path, **settings)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout


def test_the_file_is_read_as_the_dev_host_reads_it(tmp_path: Path) -> None:
    """Comments and all; a variable of the environment wins."""
    (tmp_path / "local.settings.json").write_text(
        '{"IsEncrypted": false, "Values": {"JWT_SECRET": "too short", /* here */ }, } // there'
    )
    script = [str(ROOT / "scripts/make_token.py"), "ada", ""]
    assert "JWT_SECRET" in _run(script, tmp_path).stderr
    assert _run(script, tmp_path, JWT_SECRET=_SECRET).returncode == 0


@pytest.mark.parametrize(("script", "arguments"), _SCRIPTS)
def test_a_broken_file_is_named(tmp_path: Path, script: str, arguments: list[str]) -> None:
    """A file that cannot be read is one line, not a traceback."""
    (tmp_path / "local.settings.json").write_text("{")
    ended = _run([str(ROOT / "scripts" / script), *arguments], tmp_path)
    assert ended.returncode == 1
    assert "local.settings.json:1 is not JSON" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
