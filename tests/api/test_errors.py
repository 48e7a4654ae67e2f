"""What people see when something is wrong."""

import json
import logging
from pathlib import Path
from typing import NoReturn

import pytest

from function_app import wiring
from petstore.errors import StoreUnavailable
from petstore.pets import Pets
from petstore.wiring import Wiring
from tests.api.client import Answer, Client
from tests.contract.raw_documents import change_raw

GOOD = b'{"name": "Ada", "species": "cat"}'
SURROGATE = b'{"name": "\\ud800", "species": "cat"}'


def _assert_problem(answer: Answer, status: int, error: str) -> None:
    body = answer.json()
    assert (answer.status, body["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"name=Ada",
        b"\xff\xfe",
        '{"name": "Zoë", "species": "cat"}'.encode("latin-1"),
        GOOD.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + GOOD,
        b'{"name": NaN, "species": "cat"}',
        b'{"name": -Infinity, "species": "cat"}',
        b'{"name": "a", "name": "b", "species": "cat"}',
        b'{"tags": [{"x": 1, "x": 2}]}',
        b'{"name": "a\nb", "species": "cat"}',
        b"{'name': 'Ada'}",
        GOOD + b"x",
        b"[" * 200_000,
        b'{"a":' * 150_000,
        b'{"name": ' + b"9" * 5_000 + b"}",
        b"\x00",
    ],
    ids=lambda body: ascii(body[:30]),
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_what_is_no_json(client: Client, method: str, body: bytes) -> None:
    """A body that is not JSON is a 400 with the guide's words, and nothing is stored."""
    target = "/api/pets" if method == "POST" else f"/api/pets/{'0' * 8}"
    _assert_problem(await client.request(method, target, body), 400, "Invalid JSON")
    assert (await client.get("/api/pets")).json()["data"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b"1e999",
        b"{}",
        SURROGATE,
        b'{"\\ud800": 1, "name": "a", "species": "b"}',
        b'{"name": "Ada", "species": "cat", "id": "x"}',
        b'{"name": "Ada", "species": "cat", "created_at": "2026-01-01T00:00:00Z"}',
        b'{"name": "Ada", "species": "cat", "tags": ' + b"[" * 400 + b"]" * 400 + b"}",
        b'{"name": "Ada", "species": "cat", "tags": ' + b'{"a":' * 400 + b"1" + b"}" * 401,
        b'{"name": "Ada", "species": "cat", "breed": 1e999}',
    ],
    ids=lambda body: ascii(body[:60]),
)
async def test_what_is_no_pet(client: Client, body: bytes) -> None:
    """A body that is JSON but no good pet is a 422 that names the offenders."""
    answer = await client.request("POST", "/api/pets", body)
    _assert_problem(answer, 422, "Invalid pet")
    assert all(set(error) == {"pointer", "detail"} for error in answer.json()["errors"])
    assert answer.json()["errors"]
    assert (await client.get("/api/pets")).json()["data"] == []


@pytest.mark.parametrize("depth", [10, 500, 900, 2_000, 10_000, 100_000])
async def test_nesting_bombs(client: Client, depth: int) -> None:
    """Nesting of any depth is refused, in a new pet as in a patch."""
    place = (await client.request("POST", "/api/pets", GOOD)).headers["location"]
    for bomb in (
        b'{"a":' * depth + b"1" + b"}" * depth,
        b'{"tags":' + b"[" * depth + b"]" * depth + b"}",
    ):
        for method, target in (("POST", "/api/pets"), ("PATCH", place), ("PUT", place)):
            assert (await client.request(method, target, bomb)).status in {400, 422}


async def test_big_bodies(client: Client) -> None:
    """More than a million bytes are refused, one byte less is read."""
    filler = b" " * (1_000_000 - len(GOOD))
    assert (await client.request("POST", "/api/pets", GOOD + filler)).status == 201
    answer = await client.request("POST", "/api/pets", GOOD + filler + b" ")
    _assert_problem(answer, 413, "Body too large")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("members", [51, 60_000])
async def test_many_offenders(client: Client, method: str, members: int) -> None:
    """Of a body with many unknown members fifty are named, soon and in a short answer."""
    place = (await client.post("/api/pets", {"name": "a", "species": "b"})).headers["location"]
    target = "/api/pets" if method == "POST" else place
    body = json.dumps({f"m{n}": n for n in range(members)}).encode()
    answer = await client.request(method, target, body)
    _assert_problem(answer, 422, "Invalid pet")
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert (len(pointers), len(set(pointers)), "/m0" in pointers) == (50, 50, True)
    assert len(answer.body) < 10_000


async def test_long_names_of_members(client: Client) -> None:
    """A pointer does not repeat a name of any length; it leads to the object that holds it."""
    name = "x/~" * 200_000
    answer = await client.post("/api/pets", {name: 1, "name": "a", "species": "b"})
    (error,) = answer.json()["errors"]
    assert (error["pointer"], len(answer.body) < 1_000) == ("", True)
    assert "600,000 characters" in error["detail"]


@pytest.mark.parametrize("name", ["id", "created_at", "updated_at", "owner_id", "unknown"])
@pytest.mark.parametrize("value", [None, "x", []])
async def test_what_is_not_yours_to_patch(client: Client, name: str, value: object) -> None:
    """A patch that names a member which cannot be set is refused, with null too."""
    place = (await client.post("/api/pets", {"name": "a", "species": "b"})).headers["location"]
    answer = await client.patch(place, {"status": "sold", name: value})
    _assert_problem(answer, 422, "Invalid pet")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{name}"]


@pytest.mark.parametrize("name", ["species", "tag", "name"])
@pytest.mark.parametrize(
    "value", ["cat%0A", "%0A", "cat%0D", "cat%00", "%20", "%E2%80%8B", "a%E2%80%AEb", "a%E2%80%A8"]
)
async def test_filters_are_one_line(client: Client, name: str, value: str) -> None:
    """A filter is one line that shows something, to its very end."""
    _assert_problem(await client.get(f"/api/pets?{name}={value}"), 400, "Invalid parameter")


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/api/nothing"), ("POST", "/api/pets/a/b"), ("GET", "/api/healthy")],
)
async def test_unknown_paths(client: Client, method: str, target: str) -> None:
    """What is nowhere is a JSON 404."""
    _assert_problem(await client.request(method, target), 404, "Not found")


async def test_a_bug(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug's answer tells nothing of it; the log has the traceback and the request id."""

    def fail(*_: object) -> NoReturn:
        raise KeyError("secret detail")

    monkeypatch.setattr(Pets, "get", fail)
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/api/pets/1", headers={"X-Request-Id": "my-request"})
    _assert_problem(answer, 500, "Internal server error")
    assert b"secret" not in answer.body
    assert b"KeyError" not in answer.body
    [record] = [record for record in caplog.records if record.name == "petstore"]
    assert "my-request" in record.getMessage()
    assert "secret detail" in caplog.text
    assert "Traceback" in caplog.text


async def _pretend_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    await wiring.close()
    monkeypatch.setenv("WEBSITE_SITE_NAME", "petstore")
    monkeypatch.setenv("COSMOS_ENDPOINT", "https://nosuch.invalid/")
    monkeypatch.setenv("JWT_SECRET", "x" * 32)


async def test_the_store_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not answer is a 503 that says when to come again and hides the reason."""
    await _pretend_azure(monkeypatch)

    def fail(_: Wiring) -> NoReturn:
        raise StoreUnavailable("secret reason", retry_after=7)

    monkeypatch.setattr(Wiring, "store", property(fail))
    for target in ("/api/pets", "/api/health/ready"):
        answer = await client.get(target)
        _assert_problem(answer, 503, "Service unavailable")
        assert answer.headers["retry-after"] == "7"
        assert b"secret" not in answer.body
    assert (await client.get("/api/health")).status == 200


async def test_ready_says_why_at_home_alone(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At home readiness says what is wrong with the store; in Azure the log has it alone."""
    await wiring.close()
    monkeypatch.setenv("PETSTORE_SQLITE_PATH", str(tmp_path))
    answer = await client.get("/api/health/ready")
    _assert_problem(answer, 503, "Service unavailable")
    assert f"{tmp_path} is a folder" in answer.json()["detail"]
    assert answer.headers["retry-after"] == "1"
    assert str(tmp_path).encode() not in (await client.get("/api/pets")).body


async def test_no_store_in_azure(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Azure a missing COSMOS_ENDPOINT is named by readiness and is a 503 elsewhere."""
    await wiring.close()
    monkeypatch.setenv("WEBSITE_SITE_NAME", "petstore")
    answer = await client.get("/api/health/ready")
    _assert_problem(answer, 503, "Service unavailable")
    assert "COSMOS_ENDPOINT" in answer.json()["detail"]
    for method in ("GET", "POST"):
        answer = await client.request(method, "/api/pets", GOOD if method == "POST" else b"")
        _assert_problem(answer, 503, "Service unavailable")
        assert answer.headers["retry-after"] == "60"
    assert (await client.get("/api/health")).json() == {"status": "pass"}


async def test_health(client: Client) -> None:
    """Alive needs no store; ready asks it."""
    assert (await client.get("/api/health")).json() == {"status": "pass"}
    ready = await client.get("/api/health/ready")
    assert ready.json() == {"status": "pass", "checks": {"settings": "pass", "store": "pass"}}


async def test_ready_tells_of_what_cannot_be_read(client: Client) -> None:
    """A pet that this release cannot read is not an outage: a 404, left out of lists, and ready warns."""
    made = await client.post("/api/pets", {"name": "Ada", "species": "cat"})
    await client.post("/api/pets", {"name": "Bo", "species": "cat"})
    await change_raw(
        wiring.store.pets, made.json()["id"], lambda pet: pet.update(status="reserved")
    )
    _assert_problem(await client.get(made.headers["location"]), 404, "Pet not found")
    assert [pet["name"] for pet in (await client.get("/api/pets")).json()["data"]] == ["Bo"]
    ready = await client.get("/api/health/ready")
    assert (ready.status, ready.json()["status"]) == (200, "warn")
    assert ready.json()["checks"]["documents"] == "warn"
    assert ready.json()["unreadable"] == {"pet": 1}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-123", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("", False),
        ("a b", False),
        ("a,b", False),
        ('"><script>', False),
    ],
)
async def test_request_ids(client: Client, given: str, kept: bool) -> None:  # noqa: FBT001
    """A sane request id is kept; another is made in place of the rest."""
    answer = await client.get("/api/health", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.headers["x-request-id"].isascii()
