"""Schemathesis asks the running API all that the document allows, and much that it does not."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openapi import document
from tests.api.tokens import token
from tests.e2e.server import Server
from tests.tree import ROOT

pytestmark = pytest.mark.tools


def _users(folder: Path) -> Path:
    """Write who asks: a Web Fuzzing Commons file with two users and their tokens."""
    users = [
        {
            "name": name,
            "fixedHeaders": [
                {
                    "name": "Authorization",
                    "value": f"Bearer {token(name, exp=int(time.time()) + 600)}",
                }
            ],
        }
        for name in ("ada", "bob")
    ]
    file = folder / "users.json"
    file.write_text(json.dumps({"auth": users}))
    return file


def _run(
    server: Server, document: Path, folder: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("st")
    options = ["--mode=all", "--max-examples=15", "--seed=1", "--no-color", *more]
    config = ROOT / "tests/proof/schemathesis.toml"
    return subprocess.run(
        [program, f"--config-file={config}", "run", document, f"--url={server.api}", *options],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "WFC": str(_users(folder))},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_schemathesis(server: Server, tmp_path: Path) -> None:
    """Positive, negative and stateful requests find nothing wrong; no answer is a 5xx."""
    result = _run(server, document.FILE, tmp_path)
    assert result.returncode == 0, result.stdout
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in result.stdout, result.stdout


def test_schemathesis_finds_what_is_wrong(server: Server, tmp_path: Path) -> None:
    """A document that promises what the API does not keep is found out."""
    broken = document.FILE.read_text().replace(
        '"has_more": {\n            "type": "boolean"',
        '"has_more": {\n            "type": "integer"',
    )
    assert broken != document.FILE.read_text()
    copy = tmp_path / "openapi.json"
    copy.write_text(broken)
    result = _run(server, copy, tmp_path, "--phases=fuzzing", "--max-failures=1")
    assert result.returncode == 1, result.stderr
    assert "Response violates schema" in result.stdout, result.stdout
