"""The API under another prefix, and behind a gateway that adds a base path: every link leads on."""

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.e2e.server import running, serving
from tests.ports import free_port
from tests.tree import ROOT, need_dev_host

_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /shop/v1/ {{ proxy_pass {upstream}/; }}
  }}
}}
"""


@dataclass(frozen=True)
class Answer:
    """An answer over a socket; header names in lower case."""

    url: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Decode the body."""
        return json.loads(self.body)


def _ask(url: str, body: object = None) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(url, headers, answer.read())


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app under the prefix `inner`; return its base URL."""
    need_dev_host()
    folder = tmp_path_factory.mktemp("prefixed")
    for name in ("function_app.py", "petstore"):
        (folder / name).symlink_to(ROOT / name)
    host = json.loads((ROOT / "host.json").read_text())
    host["extensions"]["http"] = {"routePrefix": "inner"}
    (folder / "host.json").write_text(json.dumps(host))
    with serving(folder, "inner", PETSTORE_SQLITE_PATH=str(folder / "pets.db")) as origin:
        yield f"{origin}/inner"


@pytest.fixture(scope="module", params=["prefix", "gateway"])
def base(
    request: pytest.FixtureRequest, prefixed: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Return the API's base URL: the server's own, or that of an nginx in front of it."""
    if request.param == "prefix":
        yield prefixed
        return
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if nginx is None:
        pytest.skip("NOT TESTED behind a gateway: no nginx here (apt-get install nginx-light)")
    folder = tmp_path_factory.mktemp("nginx")
    config, port = folder / "nginx.conf", free_port()
    config.write_text(_NGINX.format(folder=folder, port=port, upstream=prefixed))
    command = [nginx, "-c", str(config), "-e", str(folder / "error.log")]
    url = f"http://127.0.0.1:{port}/shop/v1"
    with running(command, f"{url}/health", folder / "log"):
        yield url


@pytest.mark.parametrize("path", ["pets", "pets/", "PETS"])
def test_location(base: str, path: str) -> None:
    """Location leads to the new pet, however the collection was written."""
    created = _ask(f"{base}/{path}", {"name": "Ada", "species": "cat"})
    place = urljoin(created.url, created.headers["location"])
    assert _ask(place).json()["id"] == created.json()["id"]


@pytest.mark.parametrize("path", ["pets", "pets/"])
def test_link(base: str, path: str) -> None:
    """Link leads to the next page, with the filters."""
    for name in ("One", "Two"):
        _ask(f"{base}/pets", {"name": name, "species": f"link-{path}"})
    first = _ask(f"{base}/{path}?limit=1&species=link-{path}")
    link = re.fullmatch(r'<(.*)>; rel="next"', first.headers["link"])
    assert link
    second = _ask(urljoin(first.url, link[1]))
    assert [pet["name"] for page in (first, second) for pet in page.json()["data"]] == [
        "Two",
        "One",
    ]


def test_the_document_names_the_server(base: str) -> None:
    """The server of the OpenAPI document, resolved as OpenAPI says, is the API."""
    document = _ask(f"{base}/openapi.json")
    server = urljoin(document.url, document.json()["servers"][0]["url"]).rstrip("/")
    assert server == base
    assert _ask(f"{server}/pets").json()["data"] is not None


@pytest.mark.parametrize("path", ["docs", "docs/"])
def test_the_page_finds_its_files(base: str, path: str) -> None:
    """What the page links to on the same host is there."""
    page = _ask(f"{base}/{path}")
    links = re.findall(r'(?:href|src)="([^"]+)"', page.body.decode())
    own = [link for link in links if not link.startswith(("http", "data:"))]
    assert len(own) >= 3
    for link in own:
        assert _ask(urljoin(page.url, link)).body
