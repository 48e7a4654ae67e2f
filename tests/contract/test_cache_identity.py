"""Logging in to a real Redis server over TLS: by a token of the app's identity, or by a password."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from petstore.cache_settings import CacheSettings
from petstore.repository.cache import breaker, link
from petstore.repository.cached import CachedStore, with_cache
from petstore.repository.port import Store
from petstore.repository.sqlite.store import SqliteStore
from petstore.settings import read_settings
from petstore.usage import counted
from tests.certificates import certificate
from tests.contract.samples import a_pet, closing
from tests.ports import free_port
from tests.redis_server import RedisServer, redis_or_skip

pytestmark = pytest.mark.servers

_USER = "8d7f2a90-0000-4000-8000-0123456789ab"  # an identity's object id


class Tls:
    """A Redis server that also listens with TLS.

    Attributes:
        server: the server.
        place: where it listens with TLS.
        certificate: what its clients must trust.
    """

    def __init__(self, server: RedisServer, port: int, file: Path) -> None:
        self.server, self.certificate = server, file
        self.place = f"127.0.0.1:{port}"

    def let_in(self, password: str) -> None:
        """Take this password, and no other, for the identity."""
        self.server.ask("ACL", "SETUSER", _USER, "on", "resetpass", f">{password}", "~*", "+@all")

    def connections(self) -> set[str]:
        """Return the ids of the identity's connections."""
        clients = self.server.ask("CLIENT LIST")
        return {str(one["id"]) for one in clients if one["user"] == _USER}


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tls]:
    """A server whose certificate this process trusts."""
    monkeypatch.setattr(breaker, "PATIENCE", 60.0)
    monkeypatch.setattr(breaker, "PAUSE", 0.01)
    _, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    port = free_port()
    options = ["--tls-port", str(port), "--tls-auth-clients", "no"]
    for name in ("cert", "key", "ca-cert"):
        options += [f"--tls-{name}-file", str(file)]
    with redis_or_skip(*options) as server:
        yield Tls(server, port, file)


class Identities:
    """The platform's identity endpoint, as far as this test needs it.

    Attributes:
        tokens: what it answers, one after another; the last one again and again.
        life: for how many seconds they are valid.
        questions: what was asked.
        url: where it listens.
    """

    def __init__(self) -> None:
        self.tokens = ["token-1"]
        self.life = 86_400.0
        self.questions: list[dict[str, str]] = []
        self.url = ""

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer with a token."""
        self.questions.append(dict(request.query))
        token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        ends = int(time.time() + self.life)
        return web.json_response({"access_token": token, "expires_on": str(ends)})


@pytest.fixture
async def identities() -> AsyncIterator[Identities]:
    """An endpoint on a free port."""
    found = Identities()
    runner = web.ServerRunner(web.Server(found.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
    yield found
    await runner.cleanup()


@pytest.fixture
async def beneath(tmp_path: Path) -> AsyncIterator[Store]:
    """A store without a cache."""
    async with closing(SqliteStore(tmp_path / "a.db")) as store:
        yield store


def _settings(url: str) -> CacheSettings:
    found = read_settings({"REDIS_URL": url, "AZURE_CLIENT_ID": "a-client"}).cache
    assert found is not None
    return found


def _cached(beneath: Store, tls: Tls, identities: Identities) -> CachedStore:
    environment = {"IDENTITY_ENDPOINT": identities.url, "IDENTITY_HEADER": "proof"}
    settings = _settings(f"rediss://{_USER}@{tls.place}")
    return with_cache(beneath, settings, environment, in_azure=True)


async def _what(store: Store, pet_id: str) -> str | None:
    with counted() as usage:
        await store.pets.get(pet_id)
    return usage.cache


async def _read_until_away(store: CachedStore, pet_id: str) -> None:
    """Read until the cache is given up, and once more, which logs why."""
    while not store._breaker._is_away:
        await _what(store, pet_id)
        await asyncio.sleep(0)
    await _what(store, pet_id)


async def test_a_token_is_the_password(beneath: Store, tls: Tls, identities: Identities) -> None:
    """A user without a password logs in with a token for Azure's Redis."""
    tls.let_in("token-1")
    pet_id = (await beneath.pets.add(a_pet())).value.id
    async with closing(_cached(beneath, tls, identities)) as store:
        await store._breaker.linked()
        assert [await _what(store, pet_id) for _ in range(2)] == ["fill", "hit"]
        assert len(tls.connections()) == 1
    (question,) = identities.questions
    assert question["resource"] == "https://redis.azure.com"
    assert question["client_id"] == "a-client"


async def test_it_is_renewed_before_it_ends(
    beneath: Store, tls: Tls, identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a token ends a new connection with a new one takes over, and no read misses the cache."""
    monkeypatch.setattr(link, "_SHORTEST", 0.05)
    identities.life, identities.tokens = 100.0, ["token-1", "token-2"]
    tls.let_in("token-1")
    pet_id = (await beneath.pets.add(a_pet())).value.id
    async with closing(_cached(beneath, tls, identities)) as store:
        await store._breaker.linked()
        assert await _what(store, pet_id) == "fill"
        first = tls.connections()
        tls.let_in("token-2")
        told = {"hit"}
        while len(identities.questions) < 4 or first & tls.connections():
            told.add(str(await _what(store, pet_id)))
            await asyncio.sleep(0.005)
        assert told == {"hit"}
        assert tls.connections()


async def test_no_token(beneath: Store, tls: Tls, caplog: pytest.LogCaptureFixture) -> None:
    """Without an identity, or with one that Redis does not know, the cache is away and the log says why."""
    pet_id = (await beneath.pets.add(a_pet())).value.id
    settings = _settings(f"rediss://{_USER}@{tls.place}")
    async with closing(with_cache(beneath, settings, {}, in_azure=True)) as store:
        with caplog.at_level(logging.WARNING):
            while not store._breaker._is_away:
                assert await _what(store, pet_id) == "away"
                await asyncio.sleep(0)
            assert await _what(store, pet_id) == "away"
    assert "this app has no managed identity" in caplog.text


async def test_a_refused_token(
    beneath: Store, tls: Tls, identities: Identities, caplog: pytest.LogCaptureFixture
) -> None:
    """A token that Redis refuses is not logged; as soon as it takes one the cache is used."""
    tls.let_in("another")
    pet_id = (await beneath.pets.add(a_pet())).value.id
    async with closing(_cached(beneath, tls, identities)) as store:
        with caplog.at_level(logging.WARNING):
            await _read_until_away(store, pet_id)
        tls.let_in("token-1")
        await store._breaker.linked()
        assert await _what(store, pet_id) == "fill"
    assert "invalid username-password" in caplog.text
    assert "token-1" not in caplog.text


async def test_a_password_over_tls(beneath: Store, tls: Tls) -> None:
    """An access key in the URL works too, with characters that are escaped."""
    tls.let_in("a/key+with=@:")
    settings = _settings(f"rediss://{_USER}:a%2Fkey%2Bwith%3D%40%3A@{tls.place}/2")
    pet_id = (await beneath.pets.add(a_pet())).value.id
    async with closing(with_cache(beneath, settings, {}, in_azure=True)) as store:
        await store._breaker.linked()
        assert [await _what(store, pet_id) for _ in range(2)] == ["fill", "hit"]
    assert tls.server.ask("INFO", "keyspace").keys() == {"db2"}


async def test_a_server_that_is_not_trusted(
    beneath: Store,
    tls: Tls,
    identities: Identities,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A certificate that nobody vouches for is refused, and no token is sent."""
    monkeypatch.delenv("SSL_CERT_FILE")
    tls.let_in("token-1")
    pet_id = (await beneath.pets.add(a_pet())).value.id
    async with closing(_cached(beneath, tls, identities)) as store:
        with caplog.at_level(logging.WARNING):
            await _read_until_away(store, pet_id)
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
    assert tls.connections() == set()
