"""A real browser opens /api/docs, and tries the API there."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from petstore.http import docs
from tests.api.tokens import token
from tests.e2e.server import Server, serving
from tests.proof import screenshots
from tests.proof.node_tools import HERE, installed
from tests.tree import ROOT, need_dev_host

pytestmark = pytest.mark.tools
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_IN_DOCS = ROOT / "docs/api-docs.png"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app without Swagger UI built in, as a clone without npm is; return its URL."""
    need_dev_host()
    folder = tmp_path_factory.mktemp("bare")
    shutil.copytree(
        ROOT / "petstore", folder / "petstore", ignore=shutil.ignore_patterns(docs.BUILT_IN.name)
    )
    for name in ("function_app.py", "host.json"):
        shutil.copy(ROOT / name, folder)
    with serving(folder, PETSTORE_SQLITE_PATH=str(folder / "pets.db")) as url:
        yield url


@pytest.fixture(scope="module")
def seen(server: Server, bare: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Drive the page; return what it showed."""
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        pytest.skip("NOT SEEN in a browser: no Chromium here; set CHROMIUM to one")
    installed()
    if not docs.BUILT_IN.is_dir():
        pytest.skip("NOT SEEN in a browser: Swagger UI is not built in (scripts/swagger-ui)")
    picture = tmp_path_factory.mktemp("browser") / "docs.png"
    arguments = [browser, server.origin, bare, str(picture), token()]
    command = ["node", str(HERE / "browser.js"), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    page: dict[str, Any] = json.loads(result.stdout)
    if "SCREENSHOT" in os.environ:
        _IN_DOCS.write_bytes(screenshots.with_text(picture.read_bytes(), page["text"]))
    return page


def test_the_page(seen: dict[str, Any]) -> None:
    """The page names the API and has one row for each operation of it, without an error."""
    assert "PetStore" in seen["title"]
    paths = json.loads((ROOT / "petstore/http/openapi.json").read_text())["paths"].values()
    methods = [method.upper() for path in paths for method in path if method != "head"]
    assert sorted(seen["rows"]) == sorted(methods)
    # The browser notes the 401 that was provoked.
    assert [error for error in seen["errors"] if "401" not in error] == []


def test_the_screenshot_in_the_documentation(seen: dict[str, Any]) -> None:
    """The picture in docs/ shows what the page says today: `make screenshot` takes it again."""
    assert screenshots.text_of(_IN_DOCS.read_bytes()) == seen["text"]
    assert _IN_DOCS.stat().st_size > 10_000


def test_nothing_comes_from_elsewhere(seen: dict[str, Any]) -> None:
    """The page needs no other host than the API's own."""
    assert seen["foreign"] == []


def _parameters(operation: str) -> set[str]:
    document = json.loads((ROOT / "petstore/http/openapi.json").read_text())
    methods = (method for path in document["paths"].values() for method in path.values())
    (found,) = (method for method in methods if method["operationId"] == operation)
    known = document["components"]["parameters"]
    return {known[one["$ref"].rpartition("/")[2]]["name"] for one in found["parameters"]}


@pytest.mark.parametrize("operation", ["create_pet", "replace_pet", "patch_pet", "delete_pet"])
def test_nothing_acts_unasked(seen: dict[str, Any], operation: str) -> None:
    """A form that changes something proposes neither key nor condition nor a pet that is not."""
    assert seen["empty"][operation].keys() == _parameters(operation)
    assert set(seen["empty"][operation].values()) <= {"", None, "application/json"}


def test_authorize(seen: dict[str, Any]) -> None:
    """Without a token a creation is refused; the dialog says where one comes from, and helps."""
    assert seen["refused"]["status"].split()[0] == "401"
    assert "make token" in seen["hint"]
    assert "identity provider" in seen["hint"]
    assert seen["created"][0]["status"].split()[0] == "201"


def test_each_execution_creates(seen: dict[str, Any]) -> None:
    """Two clicks on Execute, with nothing changed between, create two pets."""
    first, second = (json.loads(answer["body"]) for answer in seen["created"])
    assert [answer["status"].split()[0] for answer in seen["created"]] == ["201", "201"]
    assert first["id"] != second["id"]


def test_a_pet_that_exists_is_proposed(seen: dict[str, Any]) -> None:
    """The form for one pet has the id of the newest, which is found with one click."""
    newest = json.loads(seen["created"][1]["body"])
    assert seen["empty"]["get_pet"]["pet_id"] == ""
    assert seen["filled"]["pet_id"] == newest["id"]
    assert seen["got"]["status"].split()[0] == "200"
    assert json.loads(seen["got"]["body"])["id"] == newest["id"]


def test_a_small_screen(seen: dict[str, Any], server: Server) -> None:
    """On 390 pixels, all rows open, nothing sticks out and the server's name is whole."""
    assert seen["small"]["open"] == seen["small"]["rows"] > 0
    assert seen["small"]["width"] == 390
    assert seen["small"]["outside"] == []
    assert seen["small"]["server"] == server.api
    assert seen["small"]["serverIsWhole"]


def test_without_npm_and_cdn(seen: dict[str, Any]) -> None:
    """Without Swagger UI the page is not white: it says what is missing, why, and what helps."""
    for said in ("did not load", "cdn.jsdelivr.net", "make swagger-ui", "openapi.json"):
        assert said in seen["missing"]


def test_the_hashes() -> None:
    """Where the page comes from the CDN its files are held to the hashes of those built in here."""
    if not docs.BUILT_IN.is_dir():
        pytest.skip("NOT COMPARED: Swagger UI is not built in (scripts/swagger-ui)")
    for name, expected in docs.HASHES.items():
        digest = hashlib.sha384(docs.read(docs.BUILT_IN / name)).digest()
        assert base64.b64encode(digest).decode() == expected
    lock = json.loads((ROOT / "openapi/swagger-ui/package-lock.json").read_text())
    assert lock["packages"]["node_modules/swagger-ui-dist"]["version"] == docs.VERSION
