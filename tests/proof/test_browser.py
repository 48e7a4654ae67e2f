"""A real browser opens /api/docs, and tries the API there."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from petstore.http import docs
from tests.api.tokens import token
from tests.e2e.server import Server
from tests.proof.node_tools import HERE, installed

pytestmark = pytest.mark.tools
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def seen(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Drive the page; give what it showed."""
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        pytest.skip("NOT SEEN in a browser: no Chromium here; set CHROMIUM to one")
    installed()
    if not docs.BUILT_IN.is_dir():
        pytest.skip("NOT SEEN in a browser: Swagger UI is not built in (scripts/swagger-ui)")
    screenshot = tmp_path_factory.mktemp("browser") / "docs.png"
    command = ["node", str(HERE / "browser.js"), browser, server.origin, str(screenshot), token()]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert screenshot.stat().st_size > 10_000
    if keep := os.environ.get("SCREENSHOT"):
        shutil.copy(screenshot, keep)
    page: dict[str, Any] = json.loads(result.stdout)
    return page


def test_the_page(seen: dict[str, Any]) -> None:
    """The page names the API and shows every operation, without an error."""
    assert "PetStore" in seen["title"]
    assert seen["operations"] >= 16
    # The browser notes the 401 that was provoked.
    assert all("401" in error for error in seen["errors"])


def test_nothing_comes_from_elsewhere(seen: dict[str, Any]) -> None:
    """The page needs no other host than the API's own."""
    assert seen["foreign"] == []


def test_authorize(seen: dict[str, Any]) -> None:
    """Without a token a creation is refused; the Authorize button fixes that."""
    assert seen["refused"]["status"].split()[0] == "401"
    assert seen["created"]["status"].split()[0] == "201"


def test_try_it_out(seen: dict[str, Any]) -> None:
    """A pet is made and got on the page, and shown."""
    created, got = json.loads(seen["created"]["body"]), json.loads(seen["got"]["body"])
    assert (seen["created"]["status"].split()[0], seen["got"]["status"].split()[0]) == (
        "201",
        "200",
    )
    assert created == {**got, "owner_email": None}
    assert got["name"] == "Ada in the browser"


def test_the_hashes() -> None:
    """Where the page comes from the CDN its files are held to the hashes of those built in here."""
    if not docs.BUILT_IN.is_dir():
        pytest.skip("NOT COMPARED: Swagger UI is not built in (scripts/swagger-ui)")
    for name, expected in docs.HASHES.items():
        digest = hashlib.sha384((docs.BUILT_IN / name).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == expected
    locked = json.loads(
        (Path(docs.__file__).parents[2] / "openapi/swagger-ui/package-lock.json").read_text()
    )
    assert locked["packages"]["node_modules/swagger-ui-dist"]["version"] == docs.VERSION
