"""`make token`, and what it opens."""

import os
import subprocess
from pathlib import Path
from typing import Any

import jwt
import pytest

from petstore.errors import ConfigurationError
from petstore.settings import read_settings
from tests.e2e.server import make, started
from tests.tree import ROOT, need_dev_host

need_dev_host()

_SECRET = "for this test only, and 32 bytes long"  # noqa: S105


def _token(user: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return make("token", f"USER={user}", **environment)


def test_a_token_opens_the_api(tmp_path: Path) -> None:
    """With a secret set the server asks for tokens, and takes the one that `make token` prints."""
    with started(tmp_path, JWT_SECRET=_SECRET) as server:
        assert server.call("POST", "/pets", {"name": "Ada", "species": "cat"})[0] == 401
        token = _token("ada", JWT_SECRET=_SECRET).stdout.strip()
        result = subprocess.run(
            ["python3", "scripts/smoke", server.api],  # noqa: S607
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PETSTORE_TOKEN": token},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
    assert "everybody may write" not in server.log.read_text()


@pytest.mark.parametrize("secret", ["short", "x" * 31, "@Microsoft.KeyVault(SecretUri=https://x)"])
def test_a_secret_that_the_api_refuses(secret: str) -> None:
    """A secret with which the API would not start makes no token, for the same reason."""
    with pytest.raises(ConfigurationError) as refused:
        read_settings({"JWT_SECRET": secret})
    result = _token("ada", JWT_SECRET=secret)
    assert (result.returncode != 0, result.stdout) == (True, "")
    assert str(refused.value) in result.stderr


def _claims(**environment: str) -> Any:
    result = make("token", JWT_SECRET=_SECRET, **environment)
    return jwt.decode(result.stdout.strip(), _SECRET, algorithms=["HS256"])


def test_whose_token() -> None:
    """The user is the menu's, whoever is logged in; the command line names another."""
    assert _claims(USER="root")["user_id"] == "ada"
    result = _token("eve", JWT_SECRET=_SECRET, USER="root")
    claims = jwt.decode(result.stdout.strip(), _SECRET, algorithms=["HS256"])
    assert claims["user_id"] == "eve"
    assert _token("", JWT_SECRET=_SECRET).returncode != 0


def test_without_a_secret(tmp_path: Path) -> None:
    """Without a secret there is no token, and the server says that everybody may write."""
    result = _token("ada")
    assert (result.returncode != 0, "JWT_SECRET" in result.stderr) == (True, True)
    with started(tmp_path) as server:
        assert "everybody may write" in server.log.read_text()
