"""POST with an Idempotency-Key."""

import asyncio

import pytest

from petstore import idempotency
from petstore.pet import Pet
from petstore.repository.sqlite.pets import SqlitePets
from tests.api.client import Answer, Client

PET = {"name": "Ada", "species": "cat"}


async def _post(client: Client, key: str, body: object = PET) -> Answer:
    return await client.post("/api/pets", body, Idempotency_Key=key)


async def _count(client: Client) -> int:
    return len((await client.get("/api/pets?limit=100")).json()["data"])


async def test_a_replay(client: Client) -> None:
    """The same key and body gets the first answer again, marked as a replay."""
    first, again = await _post(client, "k-1"), await _post(client, "k-1")
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    for name in ("location", "etag"):
        assert first.headers[name] == again.headers[name]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await _count(client) == 1


async def test_another_body(client: Client) -> None:
    """The same key with another body is a 422."""
    await _post(client, "k")
    answer = await _post(client, "k", PET | {"name": "Bo"})
    assert (answer.status, answer.json()["error"]) == (422, "Idempotency key reused")
    assert await _count(client) == 1


async def test_a_bad_body_does_not_use_the_key(client: Client) -> None:
    """A refused body leaves the key free for the right one."""
    assert (await _post(client, "k", {"name": "Ada"})).status == 422
    assert (await _post(client, "k")).status == 201


async def test_in_flight(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first request is under way others are a 409 that says when to come again."""
    add = SqlitePets.add
    going = asyncio.Event()

    async def slow(store: SqlitePets, pet: Pet) -> object:
        await going.wait()
        return await add(store, pet)

    monkeypatch.setattr(SqlitePets, "add", slow)
    first = asyncio.create_task(_post(client, "k"))
    await asyncio.sleep(0.05)
    second = await _post(client, "k")
    going.set()
    assert (second.status, second.json()["error"]) == (409, "Request in progress")
    assert 1 <= int(second.headers["retry-after"]) <= idempotency.IN_FLIGHT + 1
    assert (await first).status == 201
    assert (await _post(client, "k")).headers["idempotency-replayed"] == "true"


async def test_many_at_once(client: Client) -> None:
    """Twenty posts with one key make one pet."""
    answers = await asyncio.gather(*(_post(client, "k") for _ in range(20)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert await _count(client) == 1


@pytest.mark.parametrize(
    "key", ["", " ", "   ", "a b", "a,b", "x" * 256, "x" * 10_000, "a\tb", "\x7f"]
)
async def test_bad_keys(client: Client, key: str) -> None:
    """A key of blanks, commas or endless length is a 400, and nothing is stored."""
    answer = await _post(client, key)
    assert (answer.status, answer.json()["error"]) == (400, "Invalid parameter")
    assert await _count(client) == 0


@pytest.mark.parametrize("key", ["x", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "~!;="])
async def test_good_keys(client: Client, key: str) -> None:
    """Any visible ASCII text of up to 255 characters is a key."""
    assert (await _post(client, key)).status == 201
