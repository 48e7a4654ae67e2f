"""The description of the API, served by the API."""

import json
from pathlib import Path

import pytest

from petstore.http import docs
from tests.api.client import Client


async def test_the_document(client: Client) -> None:
    """The document is served as the bytes of the file, with a tag that saves sending it again."""
    answer = await client.get("/api/openapi.json")
    assert (answer.status, answer.body) == (200, (docs._HERE / "openapi.json").read_bytes())
    assert json.loads(answer.body)["openapi"] == "3.1.0"
    again = await client.get("/api/openapi.json", {"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/"])
async def test_the_page_built_in(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where Swagger UI is built in the page loads nothing from elsewhere."""
    for name in docs.HASHES:
        (tmp_path / name).write_text("x")
    monkeypatch.setattr(docs, "BUILT_IN", tmp_path)
    answer = await client.get(path)
    assert answer.headers["content-type"].startswith("text/html")
    assert b"http" not in answer.body.replace(b"<!doctype html>", b"")
    assert "cdn" not in answer.headers["content-security-policy"]
    base = "" if path.endswith("/") else "docs/"
    assert f'src="{base}swagger-ui-bundle.js"'.encode() in answer.body
    asset = await client.get("/api/docs/swagger-ui.css")
    assert (asset.status, asset.body) == (200, b"x")


async def test_the_page_from_the_cdn(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it is not, its files come from the CDN, pinned by version and hash."""
    monkeypatch.setattr(docs, "BUILT_IN", tmp_path)
    answer = await client.get("/api/docs")
    assert f'src="{docs.CDN}/swagger-ui-bundle.js" integrity="sha384-'.encode() in answer.body
    assert docs.CDN in answer.headers["content-security-policy"]
    assert (await client.get("/api/docs/swagger-ui.css")).status == 404


@pytest.mark.parametrize("name", ["..%2Fopenapi.json", "x", ".installed", "swagger-ui.css.map"])
async def test_other_files_are_not_served(client: Client, name: str) -> None:
    """Only the page's own files are served."""
    assert (await client.get(f"/api/docs/{name}")).status == 404


@pytest.mark.parametrize(
    ("accept", "status"), [("text/html", 200), ("*/*", 200), ("image/png", 406)]
)
async def test_accept(client: Client, accept: str, status: int) -> None:
    """The page is HTML and nothing else."""
    assert (await client.get("/api/docs", {"Accept": accept})).status == status
