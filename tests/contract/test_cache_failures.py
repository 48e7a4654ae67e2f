"""Redis away, frozen, full, restarted, or answering nonsense: never an error, never an old pet."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace as with_changes
from pathlib import Path

import pytest

from petstore.repository.cache import breaker
from petstore.repository.cache.values import key_of
from petstore.repository.cached import CachedStore
from petstore.repository.port import Store
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.samples import a_pet, cached, closing
from tests.contract.two_processes import Two, keep, read, two_processes
from tests.redis_server import RedisServer, nobody_listens, redis_or_skip

pytestmark = pytest.mark.servers

_USUAL = breaker.PATIENCE


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A server of the test's own, to be broken."""
    with redis_or_skip() as found:
        yield found


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect again soon; a busy machine opens no breaker. Times are not tested."""
    monkeypatch.setattr(breaker, "PAUSE", 0.01)
    monkeypatch.setattr(breaker, "PATIENCE", 60.0)


@pytest.fixture
async def two(server: RedisServer, tmp_path: Path) -> AsyncIterator[Two]:
    """Two processes on that server."""
    async with two_processes(server, tmp_path) as both:
        yield both


@pytest.fixture
async def beneath(tmp_path: Path) -> AsyncIterator[Store]:
    """A store without a cache."""
    async with closing(SqliteStore(tmp_path / "a.db")) as store:
        yield store


@contextmanager
def _frozen(redis: RedisServer) -> Iterator[None]:
    """Let the server answer nobody, and have the patience that users get."""
    redis.freeze()
    kept, breaker.PATIENCE = breaker.PATIENCE, _USUAL
    try:
        yield
    finally:
        breaker.PATIENCE = kept
        redis.thaw()


def _is_open(store: CachedStore) -> bool:
    """Return whether requests leave Redis alone."""
    return store._breaker._link is None


async def _linked(two: Two) -> None:
    for store in (two.one, two.other):
        await store._breaker.linked()


async def _all_works(store: Store) -> None:
    """Check a pet's whole life on a store."""
    added = await store.pets.add(a_pet())
    assert await store.pets.get(added.value.id) == added
    changed = await store.pets.replace(with_changes(added.value, name="Max"), added.version)
    assert await store.pets.get(added.value.id) == changed
    await store.pets.remove(added.value.id, changed.version)


async def test_frozen(two: Two) -> None:
    """A server that stops to answer is given up once; what changes meanwhile is never read old."""
    pet = (await keep(two)).value
    await read(two.one, pet)
    with _frozen(two.redis):
        assert await read(two.one, pet) == ("Rex", "away")
        assert _is_open(two.one)
        await two.one.pets.replace(with_changes(pet, name="Max"))
        for store in (two.one, two.other):
            assert await read(store, pet) == ("Max", "away")
    await _linked(two)
    assert two.value(pet) == b""
    for store in (two.one, two.other):
        assert (await read(store, pet))[0] == "Max"


async def test_frozen_while_a_write_is_under_way(two: Two) -> None:
    """A write whose second tombstone is not answered leaves nothing old behind."""
    pet = (await keep(two)).value
    await read(two.one, pet)
    old = two.value(pet)
    two.pets.written = asyncio.Event()
    write = asyncio.ensure_future(two.one.pets.replace(with_changes(pet, name="Max")))
    await two.pets.at_write.wait()
    two.redis.ask("SET", key_of(pet.id), old)
    with _frozen(two.redis):
        two.pets.written.set()
        assert (await write).value.name == "Max"
        assert _is_open(two.one)
        assert await read(two.one, pet) == ("Max", "away")
    await two.one._breaker.linked()
    assert two.value(pet) == b""


async def test_a_late_fill_of_a_frozen_server(two: Two) -> None:
    """A fill that a frozen server does after it thaws puts nothing old in front of the process."""
    pet = (await keep(two)).value
    gate = two.pets.read = asyncio.Event()
    slow = asyncio.ensure_future(read(two.one, pet))
    await two.pets.at_read.wait()
    with _frozen(two.redis):
        gate.set()
        assert await slow == ("Rex", "away")
        await two.one.pets.replace(with_changes(pet, name="Max"))
    await two.one._breaker.linked()
    assert (await read(two.one, pet))[0] == "Max"
    assert (await read(two.one, pet))[0] == "Max"


async def test_killed_and_started_again(two: Two) -> None:
    """A server that dies and comes back empty is used again, without an error between."""
    pet = (await keep(two)).value
    await read(two.one, pet)
    two.redis.kill()
    for store in (two.one, two.other):
        assert await read(store, pet) == ("Rex", "away")
        assert _is_open(store)
    await two.one.pets.replace(with_changes(pet, name="Max"))
    assert await read(two.one, pet) == ("Max", "away")
    two.redis.start()
    await _linked(two)
    for store in (two.one, two.other):
        assert (await read(store, pet))[0] == "Max"
    two.redis.ask("DEL", key_of(pet.id))
    assert await read(two.one, pet) == ("Max", "fill")
    assert await read(two.other, pet) == ("Max", "hit")


@pytest.mark.parametrize("end", ["kill", "freeze"])
async def test_many_readers_when_it_ends(
    two: Two, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers whose commands are under way when the server ends are all answered by the store."""
    pet = (await keep(two)).value
    await read(two.one, pet)

    async def reader() -> set[str]:
        return {(await read(two.one, pet))[0] for _ in range(20)}

    readers = [asyncio.ensure_future(reader()) for _ in range(30)]
    await asyncio.sleep(0)
    getattr(two.redis, end)()
    monkeypatch.setattr(breaker, "PATIENCE", _USUAL)
    assert await asyncio.gather(*readers) == [{"Rex"}] * 30
    assert await read(two.one, pet) == ("Rex", "away")


async def test_full(two: Two) -> None:
    """A full server that evicts nothing costs nothing but the cache; writes still drop its values."""
    pet = (await keep(two)).value
    await read(two.one, pet)
    two.redis.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    two.redis.ask("CONFIG", "SET", "maxmemory", "100kb")  # less than it uses already
    await two.one.pets.replace(with_changes(pet, name="Max"))
    assert two.value(pet) is None
    assert await read(two.one, pet) == ("Max", "away")
    assert _is_open(two.one)
    await _all_works(two.one)
    two.redis.ask("CONFIG", "SET", "maxmemory", "0")
    await _linked(two)
    assert (await read(two.one, pet))[0] == "Max"
    assert (await read(two.other, pet))[0] == "Max"


async def test_evicted(tmp_path: Path) -> None:
    """A full server that evicts what it likes, tombstones too, lets nobody read an old pet."""
    with redis_or_skip("--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random") as server:
        async with two_processes(server, tmp_path) as two:
            pet = (await keep(two)).value
            for number in range(30):
                await read(two.other, pet)
                await two.one.pets.replace(with_changes(pet, name=f"Pet {number}"))
                with server.client() as client:
                    for filler in range(40):
                        client.set(f"filler:{number}:{filler}", b"x" * 20_000)
                for store in (two.one, two.other):
                    assert (await read(store, pet))[0] == f"Pet {number}"


async def test_refused(beneath: Store, caplog: pytest.LogCaptureFixture) -> None:
    """With nobody at the port everything works, and one warning says why there is no cache."""
    async with closing(cached(beneath, nobody_listens())) as store:
        with caplog.at_level(logging.WARNING):
            while not store._breaker._is_away:
                await _all_works(store)
            for _ in range(5):
                await _all_works(store)
        assert _is_open(store)
    assert len(caplog.messages) == 1
    assert "the cache does not answer, pets are read from the store: ConnectionError" in caplog.text


async def test_it_is_said_once_that_it_ends_and_comes_back(
    two: Two, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning when the server dies, one when it answers again, and none per request."""
    pet = (await keep(two)).value
    with caplog.at_level(logging.WARNING):
        two.redis.kill()
        while not two.one._breaker._is_away:
            await read(two.one, pet)
        for _ in range(20):
            await read(two.one, pet)
        two.redis.start()
        await two.one._breaker.linked()
        for _ in range(20):
            await read(two.one, pet)
    own = [text for text in caplog.messages if "cache" in text]
    assert len(own) == 2
    assert "does not answer" in own[0]
    assert own[1] == "the cache answers again"


@pytest.mark.parametrize(
    ("server_side", "client_side", "why"),
    [
        (["--requirepass", "right"], "redis://:wrong@{}", "WRONGPASS|invalid username-password"),
        (
            ["--requirepass", "right"],
            "redis://{}",
            "NOAUTH|HELLO must be called with the client already authenticated",
        ),
        (["--requirepass", "right"], "redis://ada:right@{}", "WRONGPASS|invalid username-password"),
        ([], "redis://{}/99", "DB index is out of range"),
        (["--rename-command", "EVAL", ""], "redis://{}", "unknown command"),
        (["--replicaof", "127.0.0.1 1"], "redis://{}", "read only replica|MASTERDOWN|loading"),
    ],
)
async def test_a_server_that_refuses_us(
    beneath: Store,
    caplog: pytest.LogCaptureFixture,
    server_side: list[str],
    client_side: str,
    why: str,
) -> None:
    """A wrong password, database or kind of server is a cache that is away, and the log says why."""
    with redis_or_skip(*server_side) as server:
        url = client_side.format(f"127.0.0.1:{server.port}")
        async with closing(cached(beneath, url)) as store:
            with caplog.at_level(logging.WARNING):
                while not store._breaker._is_away:
                    await _all_works(store)
                await _all_works(store)
    (message, *_) = caplog.messages
    assert any(part in message for part in why.split("|")), message
    assert "right" not in message
    assert "wrong@" not in message


@asynccontextmanager
async def _impostor(*answers: bytes) -> AsyncIterator[str]:
    """Listen as a server that answers each read with the next of these, and then closes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for text in answers:
            await reader.read(65_536)
            writer.write(text)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"


_HELLO = b"%1\r\n+proto\r\n:3\r\n"
_NONSENSE = [
    [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"],
    [b"\x00\xff" * 100],
    [b""],
    [_HELLO, b"HTTP/1.1 200 OK\r\n\r\n"],
    [_HELLO, b"+OK\r\n", b"?what\r\n"],
    [_HELLO, b"+OK\r\n", b"$-5\r\n"],
    [_HELLO, b"+OK\r\n", b"$99999999999\r\nx"],
    [_HELLO, b"+OK\r\n", b"*1\r\n*1\r\n:1\r\n"],
    [_HELLO, b"+OK\r\n", b":7\r\n", b":0\r\n"],
    [_HELLO, b"+OK\r\n", b"$4\r\npet/\r\n+OK\r\n+OK\r\n"],
    [_HELLO, b"+OK\r\n", b"-ERR no\r\n"],
    [_HELLO, b"+OK\r\n+OK\r\n+OK\r\n"],
    [_HELLO, b"+OK\r\n", b">2\r\n+pub\r\n+sub\r\n"],
]


@pytest.mark.parametrize("answers", _NONSENSE)
async def test_a_server_that_talks_nonsense(beneath: Store, answers: list[bytes]) -> None:
    """Whatever listens at REDIS_URL, calls end as the store ends them."""
    async with _impostor(*answers) as url, closing(cached(beneath, url)) as store:
        store._breaker.start()
        for _ in range(10):
            await _all_works(store)
            await asyncio.sleep(0.005)


async def test_too_much_was_changed_meanwhile(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that cannot remember all it changed reads nothing until the old values are over."""
    monkeypatch.setattr("petstore.repository.cache.owed._MOST", 2)
    pets = [(await keep(two)).value for _ in range(3)]
    for pet in pets:
        await read(two.one, pet)
    with _frozen(two.redis):
        for pet in pets:
            await two.one.pets.replace(with_changes(pet, name="Max"))
    owed = two.one._breaker._owed
    assert owed.blind_seconds > 0
    for pet in pets:
        assert await read(two.one, pet) == ("Max", "away")
    monkeypatch.setattr(owed, "_clock", lambda: owed._blind_until)
    await two.one._breaker.linked()
    assert (await read(two.one, pets[0]))[1] in {"hit", "miss", "fill"}


async def test_closing_and_opening_again(two: Two) -> None:
    """A store that was closed opens its connection again at the next call, and leaves no task."""
    pet = (await keep(two)).value
    await two.one._breaker.close()
    await two.one._breaker.close()
    assert await read(two.one, pet) == ("Rex", "away")
    await two.one._breaker.linked()
    assert (await read(two.one, pet))[1] == "fill"
