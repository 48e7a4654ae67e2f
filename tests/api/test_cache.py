"""The API with a cache in front of the store: the same answers, and what it tells of the cache."""

import json
import logging
import re

import pytest

from function_app import wiring
from petstore.repository.cache import breaker
from petstore.repository.cached import CachedStore
from tests.api.client import Client
from tests.redis_server import RedisServer, nobody_listens

PET = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}


@pytest.fixture
async def cached_client(
    client: Client, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> Client:
    """A client of the app with its cache connected."""
    monkeypatch.setattr(breaker, "PATIENCE", 60.0)
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    await wiring.close()
    assert isinstance(wiring.store, CachedStore)
    await wiring.store._breaker.linked()
    return client


def _told(timing: str) -> str:
    found = re.fullmatch(r"store;dur=\d+\.\d, total;dur=\d+\.\d(?:, cache;desc=(\w+))?", timing)
    assert found
    return found[1] or ""


async def test_what_is_told(cached_client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Server-Timing and the log line tell a fill, a hit, and a miss after a write."""
    made = await cached_client.post("/api/pets", PET)
    place = made.headers["location"]
    with caplog.at_level(logging.INFO, "petstore"):
        answers = [await cached_client.get(place) for _ in range(2)]
        changed = await cached_client.request("PATCH", place, b'{"name": "Zoe"}')
        answers += [changed, await cached_client.get(place), await cached_client.get("/api/pets")]
    told = [
        _told(answer.headers.get("server-timing", "store;dur=0.0, total;dur=0.0"))
        for answer in answers
    ]
    assert told == ["fill", "hit", "hit", "miss", ""]
    records = [one for one in caplog.records if one.levelno == logging.INFO]
    lines = [json.loads(record.getMessage()) for record in records]
    assert [line.get("cache", "") for line in lines] == told
    assert answers[0].body == answers[1].body
    assert json.loads(answers[3].body)["name"] == "Zoe"


async def test_tags_and_views_are_the_same(cached_client: Client) -> None:
    """Tags, 304 and preconditions work from the cached pet as from the stored one."""
    place = (await cached_client.post("/api/pets", PET)).headers["location"]
    filled, hit = [await cached_client.get(place) for _ in range(2)]
    assert hit.headers["etag"] == filled.headers["etag"]
    assert (await cached_client.get(place, {"If-None-Match": hit.headers["etag"]})).status == 304
    changed = await cached_client.request(
        "PATCH", place, b'{"name": "Zoe"}', {"If-Match": hit.headers["etag"]}
    )
    assert changed.status == 200
    again = await cached_client.request(
        "PATCH", place, b'{"name": "Bo"}', {"If-Match": hit.headers["etag"]}
    )
    assert again.status == 412
    assert (await cached_client.get(place)).headers["etag"] == changed.headers["etag"]
    deleted = await cached_client.request("DELETE", place, b"", {})
    assert deleted.status == 204
    assert (await cached_client.get(place)).status == 404


async def test_a_cache_that_is_away_changes_no_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With nobody at REDIS_URL every call is answered, readiness is good, and one warning says it."""
    monkeypatch.setattr(breaker, "PAUSE", 0.001)
    monkeypatch.setenv("REDIS_URL", nobody_listens())
    await wiring.close()
    assert isinstance(wiring.store, CachedStore)
    with caplog.at_level(logging.WARNING, "petstore"):
        place = (await client.post("/api/pets", PET)).headers["location"]
        assert _told((await client.get(place)).headers["server-timing"]) == "away"
        while not wiring.store._breaker._is_away:
            await wiring.store.ping()
        for _ in range(3):
            assert (await client.get(place)).status == 200
        assert (await client.request("PATCH", place, b'{"name": "Zoe"}')).status == 200
        assert json.loads((await client.get(place)).body)["name"] == "Zoe"
        assert (await client.get("/api/health/ready")).status == 200
    warnings = [text for text in map(str, caplog.messages) if "cache" in text]
    assert len(warnings) == 1
    assert "pets are read from the store" in warnings[0]


async def test_mails_are_about_what_is_stored(
    cached_client: Client, redis_server: RedisServer
) -> None:
    """The relay sends an order's event though the cache, which was away, has the pet without it."""
    place = (await cached_client.post("/api/pets", PET)).headers["location"]
    await wiring.relay().run()
    await cached_client.get(place)
    key = f"pet:{place.rpartition('/')[2]}"
    without_order = redis_server.ask("GET", key)
    assert without_order.startswith(b"pet/")
    assert (await cached_client.request("PUT", f"{place}/order", b"{}")).status == 201
    redis_server.ask("SET", key, without_order)
    assert json.loads((await cached_client.get(place)).body)["status"] == "available"
    assert len(await wiring.relay().run()) == 1
