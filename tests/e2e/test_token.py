"""`make token`, and what it opens."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.server import ROOT, make, started

if sys.version_info < (3, 13):
    pytest.skip("SKIPPED: the dev host runs on Python 3.13 and later", allow_module_level=True)

_SECRET = "for this test only, and 32 bytes long"  # noqa: S105


def _token(user: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return make("token", f"USER={user}", **environment)


def test_a_token_opens_the_api(tmp_path: Path) -> None:
    """With a secret set the server asks for tokens, and takes the one that `make token` prints."""
    with started(tmp_path, JWT_SECRET=_SECRET) as server:
        assert server.call("POST", "/pets", {"name": "Ada", "species": "cat"})[0] == 401
        token = _token("ada", JWT_SECRET=_SECRET).stdout.strip()
        result = subprocess.run(
            ["python3", "scripts/smoke", server.api, "--token", token],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
    assert "everybody may write" not in server.log.read_text()


def test_without_a_secret(tmp_path: Path) -> None:
    """Without a secret there is no token, and the server says that everybody may write."""
    result = _token("ada")
    assert (result.returncode != 0, "JWT_SECRET" in result.stderr) == (True, True)
    with started(tmp_path) as server:
        assert "everybody may write" in server.log.read_text()
