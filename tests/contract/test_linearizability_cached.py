"""With a cache between, concurrent calls on a pet are still as if done one after another."""

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import override

import pytest
from hypothesis import HealthCheck, given, settings

from petstore import patience
from petstore.pet import Pet
from petstore.repository.cache import breaker
from petstore.repository.cache.breaker import Away
from petstore.repository.cache.values import key_of, write_value
from petstore.repository.cached import CachedPets
from petstore.repository.port import Stored
from petstore.repository.sqlite.pets import SqlitePets
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.cached_histories import Clients, called, history_of
from tests.contract.histories import CLIENTS
from tests.contract.linearizable import Call, State, explain, pet_model
from tests.contract.samples import a_pet, cached, closing
from tests.contract.two_processes import Two
from tests.redis_server import RedisServer, redis_or_skip

pytestmark = pytest.mark.servers

_FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _is_explained(history: list[Call]) -> bool:
    return explain(history, pet_model, State()) is not None


class _Yielding(SqlitePets):
    """Pets that let others go on before and after each call, as a store across a network does."""

    @override
    async def get(self, item_id: str) -> Stored[Pet]:
        found = await super().get(item_id)
        await _pause()
        return found

    @override
    async def replace(self, item: Pet, version: str | None = None) -> Stored[Pet]:
        await _pause()
        kept = await super().replace(item, version)
        await _pause()
        return kept


async def _pause() -> None:
    await asyncio.sleep(random.choice([0, 0, 0.001, 0.005]))  # noqa: S311 - no secret


@_FEW
@given(clients=CLIENTS)
async def test_two_processes(two: Two, clients: Clients) -> None:
    """Clients of two processes behind one cache are answered as if there were none."""
    beneath = _Yielding(two.beneath._file, two.beneath._tally)
    for store in (two.one, two.other):
        store.pets._pets = beneath
    history = await history_of(two.one, clients, [two.other])
    assert _is_explained(history), history


# Reads before the first write, so that there is something old in the cache.
_READS: list[tuple[str, ...]] = [("read", "bob")] * 9
_SEVERAL: Clients = [
    _READS,
    _READS,
    [*_READS[:5], ("patch", "ada", "Bo"), *_READS[:3]],
    [*_READS[:6], ("order", "bob"), *_READS[:2]],
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("trouble", ["kill", "freeze", "flush", "full"])
async def test_with_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, seed: int
) -> None:
    """While Redis is killed, frozen, emptied or full, again and again, no client reads an old pet."""
    monkeypatch.setattr(breaker, "PAUSE", 0.001)
    # So short that a frozen server is given up, and used again, many times.
    monkeypatch.setattr(breaker, "PATIENCE", 0.004)
    monkeypatch.setattr(patience, "BUDGET", 60.0)
    chance = random.Random(seed)  # noqa: S311 - the same
    with redis_or_skip("--maxmemory-policy", "noeviction") as server:
        async with closing(SqliteStore(tmp_path / "a.db")) as beneath:
            beneath.pets = _Yielding(beneath._file, beneath._tally)
            store = cached(beneath, server.url)
            await store._breaker.linked()
            ended = asyncio.Event()
            trouble_maker = asyncio.ensure_future(_make(trouble, server, chance, ended))
            try:
                for _ in range(8):
                    history = await history_of(store, _SEVERAL, pause=lambda: chance.random() / 100)
                    assert _is_explained(history), history
            finally:
                ended.set()
                await trouble_maker
                await store._breaker.close()


async def _make(
    trouble: str, server: RedisServer, chance: random.Random, ended: asyncio.Event
) -> None:
    while not ended.is_set():
        await asyncio.sleep(chance.random() / 50)
        await asyncio.to_thread(_begin, trouble, server)
        await asyncio.sleep(chance.random() / 50)
        await asyncio.to_thread(_end, trouble, server)


def _begin(trouble: str, server: RedisServer) -> None:
    if trouble == "kill":
        server.kill()
    elif trouble == "freeze":
        server.freeze()
    elif trouble == "flush":
        server.ask("FLUSHALL")
    else:
        server.ask("CONFIG", "SET", "maxmemory", "100kb")


def _end(trouble: str, server: RedisServer) -> None:
    if trouble == "kill":
        server.start()
    elif trouble == "freeze":
        server.thaw()
    elif trouble == "full":
        server.ask("CONFIG", "SET", "maxmemory", "0")


class _NoInvalidation(CachedPets):
    """Writes leave the cache alone, as the guide has it."""

    @override
    @asynccontextmanager
    async def _writing(self, pet_id: str) -> AsyncIterator[None]:
        yield


class _BeforeOnly(CachedPets):
    """Writes delete the key before the store is written, and not after."""

    @override
    @asynccontextmanager
    async def _writing(self, pet_id: str) -> AsyncIterator[None]:
        await self._breaker.ask("DEL", key_of(pet_id))
        yield


class _AfterOnly(CachedPets):
    """Writes drop the key after the store is written, and not before."""

    @override
    @asynccontextmanager
    async def _writing(self, pet_id: str) -> AsyncIterator[None]:
        yield
        await self._breaker.drop(key_of(pet_id))


class _WithoutLease(CachedPets):
    """Writes delete the key, and readers fill whatever they read."""

    @override
    @asynccontextmanager
    async def _writing(self, pet_id: str) -> AsyncIterator[None]:
        await self._breaker.ask("DEL", key_of(pet_id))
        yield
        with suppress(Away):
            await self._breaker.ask("DEL", key_of(pet_id))

    @override
    async def _put(self, pet_id: str, lease: bytes, stored: Stored[Pet]) -> bool:
        await self._breaker.ask("SET", key_of(pet_id), write_value(stored), "PX", 300_000)
        return True


_READ, _PATCH = ("read", "bob"), ("patch", "ada", "Bo")


class _Stage:
    """Two processes and one pet, of which one process wrote and the other reads.

    Args:
        two: the processes.
        pets: what both have in front of their store.
    """

    def __init__(
        self, two: Two, pets: type[CachedPets], pet: Pet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.two, self.pet_id = two, pet.id
        self._monkeypatch = monkeypatch
        for store in (two.one, two.other):
            store.pets = pets(two.pets, store._breaker, 300)

    async def read(self) -> Call:
        return await called(self.two.other, self.pet_id, _READ)

    async def write(self) -> Call:
        return await called(self.two.one, self.pet_id, _PATCH)

    async def end_writer(self) -> None:
        """Let the writing process never reach Redis again."""
        await self.two.one._breaker.close()
        self._monkeypatch.setattr(self.two.one._breaker, "start", lambda: None)


async def _a_cached_pet(stage: _Stage) -> list[Call]:
    """Read, write, read."""
    return [await stage.read(), await stage.write(), await stage.read()]


async def _a_slow_reader(stage: _Stage) -> list[Call]:
    """Let a read begin before a write and fill after it; read again."""
    gate = stage.two.pets.read = asyncio.Event()
    slow = asyncio.ensure_future(stage.read())
    await stage.two.pets.at_read.wait()
    write = await stage.write()
    gate.set()
    return [await slow, write, await stage.read()]


async def _a_slow_writer(stage: _Stage) -> list[Call]:
    """Let a write be about to be stored while somebody reads; read again."""
    pets = stage.two.pets
    pets.unwritten = asyncio.Event()
    write = asyncio.ensure_future(stage.write())
    await pets.at_write.wait()
    read = await stage.read()
    pets.unwritten.set()
    return [await write, read, await stage.read()]


async def _a_writer_that_dies(stage: _Stage) -> list[Call]:
    """Let a process end when its write is stored; read past the cache, and through it."""
    before, begin = await stage.read(), time.perf_counter()
    pets = stage.two.pets
    pets.written = asyncio.Event()
    write = asyncio.ensure_future(stage.write())
    await pets.at_write.wait()
    await stage.end_writer()
    dead = Call(begin, math.inf, _PATCH, None)
    past = await called(stage.two.beneath, stage.pet_id, _READ)
    through = await stage.read()
    pets.written.set()
    await write
    return [before, dead, past, through]


_SCENES = [_a_cached_pet, _a_slow_reader, _a_slow_writer, _a_writer_that_dies]


@pytest.mark.parametrize("scene", _SCENES)
@pytest.mark.parametrize(
    ("pets", "found_by"),
    [
        (CachedPets, ()),
        (_NoInvalidation, (_a_cached_pet, _a_slow_reader, _a_slow_writer, _a_writer_that_dies)),
        (_BeforeOnly, (_a_slow_writer,)),
        (_AfterOnly, (_a_writer_that_dies,)),
        (_WithoutLease, (_a_slow_reader,)),
    ],
)
async def test_planted_faults(
    two: Two,
    pets: type[CachedPets],
    found_by: tuple[Callable[[_Stage], Awaitable[list[Call]]], ...],
    scene: Callable[[_Stage], Awaitable[list[Call]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each usual mistake is found by one scene or more, and no scene blames the cache as it is."""
    pet = (await two.beneath.pets.add(a_pet(owner_id="ada"))).value
    history = await scene(_Stage(two, pets, pet, monkeypatch))
    assert _is_explained(history) is (scene not in found_by), history
