"""The description of the API, served by the API."""

import gzip
import json
from pathlib import Path
from urllib.parse import urljoin

import pytest

from petstore.http import docs
from tests.api.client import Client

FILES = ["/api/openapi.json", "/api/docs/start.js", "/api/docs/swagger-ui.css"]


@pytest.fixture
def built_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Build a Swagger UI into the app, as scripts/swagger-ui does: compressed."""
    for name in docs.HASHES:
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(f"/* {name} */".encode() * 9))
    monkeypatch.setattr(docs, "BUILT_IN", tmp_path)
    return tmp_path


async def test_the_document(client: Client) -> None:
    """The document is served as the bytes of the file, with a tag that saves sending it again."""
    answer = await client.get("/api/openapi.json")
    assert (answer.status, answer.body) == (200, (docs._HERE / "openapi.json").read_bytes())
    assert json.loads(answer.body)["openapi"] == "3.1.0"
    again = await client.get("/api/openapi.json", {"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("path", FILES)
async def test_codings(client: Client, path: str, built_in: Path) -> None:
    """Each coding is a representation of its own: same content, own tag, and Vary says so."""
    assert built_in
    plain = await client.get(path)
    packed = await client.get(path, {"Accept-Encoding": "gzip, deflate, br"})
    assert (plain.status, packed.status) == (200, 200)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] != plain.headers["etag"]
    for answer in (plain, packed):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"] == plain.headers["content-type"]


@pytest.mark.parametrize("path", FILES)
async def test_conditions_and_codings(client: Client, path: str, built_in: Path) -> None:
    """A condition is compared with the tag of the coding that the caller would get."""
    assert built_in
    gzip_too = {"Accept-Encoding": "gzip"}
    plain, packed = await client.get(path), await client.get(path, gzip_too)
    for had, headers, status in [
        (plain, {}, 304),
        (packed, gzip_too, 304),
        (plain, gzip_too, 200),
        (packed, {}, 200),
    ]:
        again = await client.get(path, {"If-None-Match": had.headers["etag"], **headers})
        assert again.status == status
        assert again.headers["vary"] == "Accept-Encoding"
        assert "content-encoding" not in again.headers or again.status == 200


@pytest.mark.parametrize(
    ("accepted", "is_gzip"),
    [
        *(("gzip", True), ("GZIP", True), ("x-gzip", True), ("*", True), ("br, gzip;q=0.1", True)),
        *(("gzip;q=1.0, identity;q=0.5", True), ("gzip;q=0.5, identity", False)),
        *(("", False), ("br", False), ("identity", False), ("deflate, gzip;q=0", False)),
        *(("gzip;q=0.000", False), ("*;q=0", False), ("gzip;q=0, *", False), ("gzipped", False)),
    ],
)
async def test_accept_encoding(client: Client, accepted: str, *, is_gzip: bool) -> None:
    """Gzip is sent to those who accept it (RFC 9110, 12.5.3), and to nobody else."""
    answer = await client.get("/api/openapi.json", {"Accept-Encoding": accepted})
    assert (answer.headers.get("content-encoding") == "gzip") == is_gzip


async def test_vary_adds_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the origin selects the answer as well, Vary names both."""
    monkeypatch.setenv("PETSTORE_CORS_ORIGINS", "https://a.example")
    answer = await client.get("/api/openapi.json", {"Origin": "https://a.example"})
    assert answer.headers["vary"] == "Accept-Encoding, Origin"


async def test_without_compressed_files(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A built file that lies there uncompressed is served in both codings all the same."""
    for name in docs.HASHES:
        (tmp_path / name).write_text("x")
    monkeypatch.setattr(docs, "BUILT_IN", tmp_path)
    packed = await client.get("/api/docs/swagger-ui.css", {"Accept-Encoding": "gzip"})
    assert (packed.status, gzip.decompress(packed.body)) == (200, b"x")
    assert (await client.get("/api/docs/swagger-ui.css")).body == b"x"


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/"])
async def test_the_page_built_in(client: Client, path: str, built_in: Path) -> None:
    """Where Swagger UI is built in the page loads nothing from elsewhere."""
    assert built_in
    answer = await client.get(path)
    assert answer.headers["content-type"].startswith("text/html")
    assert b"http" not in answer.body
    assert "cdn" not in answer.headers["content-security-policy"]
    base = "" if path.endswith("/") else "docs/"
    assert f'src="{base}swagger-ui-bundle.js"'.encode() in answer.body
    for name in (*docs.HASHES, "start.js", "page.css"):
        assert f'"{base}{name}"'.encode() in answer.body
        assert (await client.get(f"/api/docs/{name}")).status == 200


async def test_the_page_from_the_cdn(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it is not, its files come from the CDN, pinned by version and hash: the page says so."""
    monkeypatch.setattr(docs, "BUILT_IN", tmp_path)
    answer = await client.get("/api/docs")
    assert f'src="{docs.CDN}/swagger-ui-bundle.js" integrity="sha384-'.encode() in answer.body
    assert docs.CDN in answer.headers["content-security-policy"]
    assert b"Swagger UI is not built into this server" in answer.body
    assert (await client.get("/api/docs/swagger-ui.css")).status == 404


@pytest.mark.parametrize(("path", "link"), [("docs", "openapi.json"), ("docs/", "../openapi.json")])
async def test_the_page_without_scripts(client: Client, path: str, link: str) -> None:
    """Before, or without, Swagger UI the page leads to the document."""
    answer = await client.get(f"/api/{path}")
    assert f'<a href="{link}">'.encode() in answer.body


async def test_the_policy(client: Client) -> None:
    """The page may send no form anywhere and be framed by nobody; nothing runs but its scripts."""
    answer = await client.get("/api/docs")
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["content-security-policy"].split(";")
    )
    for name in ("default-src", "form-action", "base-uri", "frame-ancestors"):
        assert policy[name] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert b"<script>" not in answer.body


@pytest.mark.parametrize(
    "name", ["..%2Fopenapi.json", "x", ".installed", "swagger-ui.css.map", "swagger-ui.css.gz"]
)
async def test_other_files_are_not_served(client: Client, name: str, built_in: Path) -> None:
    """Only the page's own files are served."""
    assert built_in
    assert (await client.get(f"/api/docs/{name}")).status == 404


@pytest.mark.parametrize(
    ("accept", "status"), [("text/html", 200), ("*/*", 200), ("image/png", 406)]
)
async def test_accept(client: Client, accept: str, status: int) -> None:
    """The page is HTML and nothing else."""
    assert (await client.get("/api/docs", {"Accept": accept})).status == status


@pytest.mark.parametrize(("path", "location"), [("/api", "api/docs"), ("/api/", "docs")])
async def test_the_root_leads_to_the_page(client: Client, path: str, location: str) -> None:
    """A browser at the API's root is led to the page, another client gets links that lead on."""
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    led = await client.get(path, browser)
    assert (led.status, led.headers["location"]) == (303, location)
    links = (await client.get(path)).json()
    assert links["documentation"] == location
    for link in links.values():
        status = (await client.get(urljoin(path, link))).status
        assert status == 200, link


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 204), ("POST", 405), ("DELETE", 405)])
async def test_other_methods_at_the_root(client: Client, method: str, status: int) -> None:
    """The root takes reads alone, and says so."""
    answer = await client.request(method, "/api")
    assert (answer.status, answer.headers["allow"]) == (status, "GET, HEAD, OPTIONS")
