"""The whole of the method space, media types, and cross-origin requests."""

import gzip

import pytest

from function_app import wiring
from tests.api.client import Client

PET = {"name": "Ada", "species": "cat"}
ALLOWED = {
    "/api/pets": "GET, HEAD, OPTIONS, POST, QUERY",
    "/api/pets/x": "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
    "/api/pets/x/order": "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
    "/api/inventory": "GET, HEAD, OPTIONS",
    "/api/me/orders": "GET, HEAD, OPTIONS",
    "/api/PETS/": "GET, HEAD, OPTIONS, POST, QUERY",
    "/api/health": "GET, HEAD, OPTIONS",
    "/api/health/ready": "GET, HEAD, OPTIONS",
}


@pytest.mark.parametrize(("path", "allowed"), ALLOWED.items())
async def test_options(client: Client, path: str, allowed: str) -> None:
    """OPTIONS tells a path's methods."""
    answer = await client.request("OPTIONS", path)
    assert (answer.status, answer.headers["allow"], answer.body) == (204, allowed, b"")


@pytest.mark.parametrize(("path", "allowed"), ALLOWED.items())
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "FOO", "TRACE", "QUERY", "CONNECT"])
async def test_a_wrong_method(client: Client, path: str, allowed: str, method: str) -> None:
    """A method that the path does not take, known or not, is a 405 that tells those it takes."""
    if method in allowed:
        return
    answer = await client.request(method, path)
    assert (answer.status, answer.json()["error"]) == (405, "Method not allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "FOO"])
@pytest.mark.parametrize("path", ["/api/nothing", "/api/pets/a/b", "/api/pets//"])
async def test_an_unknown_path(client: Client, method: str, path: str) -> None:
    """Where nothing is, no method helps."""
    assert (await client.request(method, path)).status == 404


@pytest.mark.parametrize(
    ("method", "given", "status"),
    [
        ("POST", "application/json", 201),
        ("POST", "Application/JSON; Charset=UTF-8", 201),
        ("POST", 'application/json;charset="utf-8"', 201),
        ("POST", "application/json;charset=utf8", 201),
        ("POST", "application/json; charset = US-ASCII ; x=y", 201),
        ("POST", "application/json;", 201),
        ("POST", "application/json; notcharset=latin-1", 201),
        ("POST", None, 415),
        ("POST", "application/json; charset=latin-1", 415),
        ("POST", "application/json; charset=utf-8; charset=utf-16", 415),
        ("POST", "text/plain", 415),
        ("POST", "application/x-www-form-urlencoded", 415),
        ("POST", "application/merge-patch+json", 415),
        ("POST", "", 415),
        ("POST", "application/json, text/plain", 415),
        ("PUT", "application/json", 200),
        ("PUT", None, 415),
        ("PUT", "text/json", 415),
        ("PATCH", None, 415),
        ("PATCH", "application/merge-patch+json", 200),
        ("PATCH", "application/json", 200),
        ("PATCH", "application/json-patch+json", 415),
    ],
)
async def test_media_types(client: Client, method: str, given: str | None, status: int) -> None:
    """A body is read when it is said to be JSON; else the answer tells what is read."""
    place = (await client.post("/api/pets", PET)).headers["location"]
    target = "/api/pets" if method == "POST" else place
    headers = {"Content-Type": given}
    answer = await client.request(method, target, b'{"name": "Bo", "species": "dog"}', headers)
    assert answer.status == status
    if status == 415:
        assert answer.json()["error"] == "Unsupported media type"
        assert answer.headers.get("accept-post") == (
            "application/json" if method == "POST" else None
        )
        assert ("accept-patch" in answer.headers) is (method == "PATCH")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "deflate", "identity, gzip", "x"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_compressed_bodies(client: Client, method: str, coding: str) -> None:
    """A compressed body is refused for what it is, and the answer tells what can be sent."""
    place = (await client.post("/api/pets", PET)).headers["location"]
    target = "/api/pets" if method == "POST" else place
    body = gzip.compress(b'{"name": "Bo", "species": "dog"}')
    answer = await client.request(method, target, body, {"Content-Encoding": coding})
    assert (answer.status, answer.json()["error"]) == (415, "Unsupported content encoding")
    assert answer.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("coding", ["", "identity", "Identity"])
async def test_bodies_that_are_as_they_are(client: Client, coding: str) -> None:
    """The coding "identity" is accepted: it changes nothing."""
    assert (await client.post("/api/pets", PET, Content_Encoding=coding)).status == 201


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_ids_in_upper_case(client: Client, method: str) -> None:
    """A UUID is read in any case (RFC 9562, 4), and answered in lower case."""
    place = (await client.post("/api/pets", PET)).headers["location"]
    folder, _, pet_id = place.rpartition("/")
    body = b"" if method in {"GET", "DELETE"} else b'{"name": "Bo", "species": "dog"}'
    answer = await client.request(method, f"{folder}/{pet_id.upper()}", body)
    assert answer.status in {200, 204}
    if answer.body:
        assert answer.json()["id"] == pet_id


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        ("", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("text/html, */*;q=0.1", 200),
        ("Application/JSON;q=0.5", 200),
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("application/json;q=0.0, */*", 406),
        ("*/*;q=0", 406),
        ("application/json;q=nonsense", 200),
        (";;,,", 406),
    ],
)
async def test_accept(client: Client, accept: str | None, status: int) -> None:
    """406 comes only when nothing that the caller accepts can be produced."""
    headers = {} if accept is None else {"Accept": accept}
    for path in ("/api/pets", "/api/health"):
        assert (await client.get(path, headers)).status == status


async def test_accept_stops_before_anything_is_stored(client: Client) -> None:
    """A creation whose answer cannot be read is not made."""
    answer = await client.post("/api/pets", PET, Accept="text/html")
    assert (answer.status, answer.json()["error"]) == (406, "Not acceptable")
    assert (await client.get("/api/pets")).json()["data"] == []


async def test_cors_for_all(client: Client) -> None:
    """By default every page may read every answer, errors too, and never with cookies."""
    for path in ("/api/pets", "/api/pets/x", "/api/nothing"):
        answer = await client.get(path, {"Origin": "https://example.com"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "ETag" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


async def test_preflight(client: Client) -> None:
    """A preflight is told the path's methods, the headers, and how long that holds."""
    asked = {
        "Origin": "https://example.com",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "if-match",
    }
    answer = await client.request("OPTIONS", "/api/pets/x", headers=asked)
    assert (answer.status, answer.body) == (204, b"")
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "If-Match" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-max-age"] == "7200"


async def test_cors_for_some(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a list only its origins may read, and caches are told that answers differ."""
    monkeypatch.setenv("PETSTORE_CORS_ORIGINS", "https://a.example, https://b.example:8080")
    await wiring.close()
    for origin, allowed in [
        ("https://a.example", True),
        ("https://b.example:8080", True),
        ("https://b.example", False),
        ("https://a.example.evil", False),
        ("null", False),
        (None, False),
    ]:
        answer = await client.get("/api/pets", {"Origin": origin} if origin else {})
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "asked",
    [
        "if-match",
        "request-id, request-context",
        "baggage",
        "traceparent, tracestate",
        "authorization",
    ],
)
async def test_headers_that_pages_send(client: Client, asked: str) -> None:
    """A preflight allows the API's own headers and those that telemetry of pages adds, by name."""
    headers = {
        "Origin": "https://example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked,
    }
    answer = await client.request("OPTIONS", "/api/pets", headers=headers)
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert set(asked.split(", ")) <= set(allowed)
    assert "*" in allowed  # those that nobody has named yet


_PAGES: list[tuple[dict[str, str], bool]] = [
    ({}, True),
    ({"Origin": "https://a.example"}, True),
    ({"Origin": "https://a.example", "Sec-Fetch-Site": "cross-site"}, True),
    ({"Origin": "https://api.example", "Host": "api.example"}, True),
    ({"Origin": "https://api.example:443", "Host": "API.example"}, True),
    ({"Origin": "http://inner:8080", "Sec-Fetch-Site": "same-origin", "Host": "outer"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "https://api.example:8443", "Host": "api.example"}, False),
    ({"Origin": "https://a.example.evil"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": ""}, False),
    ({"Origin": "https://evil.example", "Sec-Fetch-Site": "none"}, False),
    ({"Origin": "https://b.api.example", "Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "Cross-Site"}, False),
    ({"Sec-Fetch-Site": "something new"}, False),
]


@pytest.mark.parametrize(("headers", "may_write"), _PAGES, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_writes_of_pages(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    headers: dict[str, str],
    may_write: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """A page of an origin that CORS does not allow changes nothing, and may still read."""
    place = (await client.post("/api/pets", PET)).headers["location"]
    monkeypatch.setenv("PETSTORE_CORS_ORIGINS", "https://a.example")
    await wiring.close()
    target = "/api/pets" if method == "POST" else place
    body = b"" if method == "DELETE" else b'{"name": "Bo", "species": "dog"}'
    before = (await client.get("/api/pets", headers)).json()
    answer = await client.request(method, target, body, headers)
    assert answer.status in ({200, 201, 204} if may_write else {403})
    if not may_write:
        assert answer.json()["error"] == "Cross-origin request refused"
        assert (await client.get("/api/pets", headers)).json() == before


async def test_a_page_without_preflight(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page sends without asking first (no-cors, a Blob without type) creates nothing."""
    monkeypatch.setenv("PETSTORE_CORS_ORIGINS", "none")
    await wiring.close()
    body = b'{"name": "Bo", "species": "dog"}'
    page = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for headers in (page, {}):
        for given in (None, "text/plain", "application/x-www-form-urlencoded"):
            answer = await client.request(
                "POST", "/api/pets", body, headers | {"Content-Type": given}
            )
            assert answer.status == (403 if headers else 415)
    assert (await client.get("/api/pets")).json()["data"] == []


async def test_every_page_may_write_where_all_may_read(client: Client) -> None:
    """With the default, all origins, pages may write too: they hold no credential of ours."""
    page = {"Origin": "https://any.example", "Sec-Fetch-Site": "cross-site"}
    assert (
        await client.request("POST", "/api/pets", b'{"name":"a","species":"b"}', page)
    ).status == 201


@pytest.mark.parametrize("value", ["", "none"])
async def test_cors_off(client: Client, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Turned off, no answer speaks of origins."""
    monkeypatch.setenv("PETSTORE_CORS_ORIGINS", value)
    await wiring.close()
    answer = await client.get("/api/pets", {"Origin": "https://a.example"})
    assert not any(name.startswith("access-control") for name in answer.headers)
