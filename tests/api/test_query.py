"""QUERY (RFC 10008): the list with its parameters in a body."""

import json

import azure.functions as func
import pytest

from function_app import wiring
from petstore.http import routes
from petstore.http.routes import RoutedApp
from tests.api.client import Answer, Client

PETS = [("Ada", "cat"), ("Bo", "dog"), ("Cy", "cat"), ("Di", "cat")]


async def _query(client: Client, body: object, **headers: str | None) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.request("QUERY", "/api/pets", json.dumps(body).encode(), named)


@pytest.fixture
async def pets(client: Client) -> Client:
    """Return a client of an API that holds four pets."""
    for name, species in PETS:
        assert (await client.post("/api/pets", {"name": name, "species": species})).status == 201
    return client


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({}, ""),
        ({"species": "CAT"}, "?species=CAT"),
        (
            {"species": "cat", "limit": 2, "sort": "created_at"},
            "?species=cat&limit=2&sort=created_at",
        ),
        ({"name": "a", "status": "available"}, "?name=a&status=available"),
        ({"tag": "ü & =?"}, "?tag=%C3%BC+%26+%3D%3F"),
    ],
)
async def test_the_same_as_get(pets: Client, body: dict[str, object], query: str) -> None:
    """A QUERY gives what the equivalent GET gives, and names it."""
    asked, got = await _query(pets, body), await pets.get(f"/api/pets{query}")
    assert (asked.status, asked.body) == (got.status, got.body)
    assert asked.headers["location"] == (query or "?")
    assert asked.headers["accept-query"] == "application/json"
    for name in ("etag", "cache-control", "link", "content-type"):
        assert asked.headers.get(name) == got.headers.get(name)


async def test_pages(pets: Client) -> None:
    """The cursor in a body and the Link that a QUERY gives lead to the same next page."""
    first = await _query(pets, {"species": "cat", "limit": 2})
    link = first.headers["link"].split(">")[0].strip("<")
    body = {"species": "cat", "limit": 2, "cursor": first.json()["next_cursor"]}
    second = await _query(pets, body)
    assert [pet["name"] for page in (first, second) for pet in page.json()["data"]] == [
        "Di",
        "Cy",
        "Ada",
    ]
    assert (await pets.get(f"/api/pets{link}")).body == second.body


async def test_not_modified(pets: Client) -> None:
    """A QUERY whose answer the caller has is a 304 with the type of the answer."""
    first = await _query(pets, {"species": "cat"})
    same = await _query(pets, {"species": "cat"}, If_None_Match=first.headers["etag"])
    other = await _query(pets, {"species": "dog"}, If_None_Match=first.headers["etag"])
    assert (same.status, same.body, other.status) == (304, b"", 200)
    assert same.headers["content-type"] == first.headers["content-type"]
    assert same.headers["location"] == first.headers["location"]
    assert (await _query(pets, {}, If_Match='"x"')).status == 412


@pytest.mark.parametrize("given", [None, "", "text/plain", "application/x-www-form-urlencoded"])
async def test_other_types(pets: Client, given: str | None) -> None:
    """A body of another type or of none is refused, and the answer names what is read."""
    answer = await _query(pets, {}, Content_Type=given)
    assert answer.status == 415
    assert answer.headers["accept-query"] == "application/json"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"limit": 1, "limit": 2}', 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"limit": "2"}', 422),
        (b'{"limit": 2.0}', 422),
        (b'{"limit": true}', 422),
        (b'{"limit": 101}', 422),
        (b'{"limit": null}', 422),
        (b'{"species": 7}', 422),
        (b'{"species": ["cat"]}', 422),
        (b'{"species": "cat\\n"}', 422),
        (b'{"species": "\\ud800"}', 422),
        (b'{"cursor": "x"}', 422),
        (b'{"owner_id": "ada"}', 422),
        (b'{"unknown": "x"}', 422),
        (b" " * 1_000_001, 413),
    ],
)
async def test_bad_bodies(pets: Client, body: bytes, status: int) -> None:
    """What is not a query is refused for what is wrong with it."""
    answer = await pets.request("QUERY", "/api/pets", body, {"Content-Type": "application/json"})
    assert answer.status == status
    assert (
        answer.json()["error"]
        == {
            400: "Invalid JSON",
            413: "Body too large",
            422: "Invalid query",
        }[status]
    )


async def test_parameters_in_the_url(pets: Client) -> None:
    """Parameters stand in the body alone; in both places they could contradict."""
    answer = await pets.request("QUERY", "/api/pets?limit=1", b"{}")
    assert (answer.status, answer.json()["error"]) == (400, "Invalid parameter")


async def test_what_takes_queries(pets: Client) -> None:
    """OPTIONS tells where QUERY works and with which body; elsewhere it is a 405."""
    options = await pets.request("OPTIONS", "/api/pets")
    assert "QUERY" in options.headers["allow"].split(", ")
    assert options.headers["accept-query"] == "application/json"
    assert "accept-query" not in (await pets.request("OPTIONS", "/api/health")).headers
    assert (await pets.request("QUERY", "/api/health", b"{}")).status == 405
    assert (await pets.request("QUERY", "/api/pets/", b"{}")).status == 200


async def test_pages_of_other_origins(pets: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A QUERY changes nothing, so pages of any origin may send it; preflights allow it."""
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "QUERY"}
    preflight = await pets.request("OPTIONS", "/api/pets", headers=asked)
    assert "QUERY" in preflight.headers["access-control-allow-methods"].split(", ")
    monkeypatch.setenv("PETSTORE_CORS_ORIGINS", "none")
    await wiring.close()
    answer = await _query(pets, {}, Origin="https://evil.example")
    assert (answer.status, "access-control-allow-origin" in answer.headers) == (200, False)


async def test_a_method_that_the_sdk_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SDK cannot register is reached through the function without methods."""
    monkeypatch.setattr(routes, "KNOWN_METHODS", frozenset({"GET"}))
    app = RoutedApp()

    @app.route("pets/{pet_id}", methods=["QUERY"])
    async def query(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(f"query {req.method}")

    @app.route("{*path}")
    async def zz_rest(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(f"rest {req.method}")

    (rest,) = app.get_functions()
    handler = rest.get_user_function()
    for method, path, text in [
        ("QUERY", "Pets/1/", b"query QUERY"),
        ("QUERY", "pets", b"rest QUERY"),
        ("POST", "pets/1", b"rest POST"),
    ]:
        url = f"http://localhost/api/{path}"
        req = func.HttpRequest(method, url, route_params={"path": path}, body=b"")
        assert (await handler(req)).get_body() == text
    assert [operation.methods for operation in app.operations] == [("QUERY",), ()]
