"""Two processes behind one cache, as far as it can tell: for tests of what comes between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import override

from petstore.pet import Pet
from petstore.repository.cache.values import key_of
from petstore.repository.cached import CachedStore
from petstore.repository.port import Stored
from petstore.repository.sqlite.pets import SqlitePets
from petstore.repository.sqlite.store import SqliteStore
from petstore.usage import counted
from tests.contract.samples import a_pet, cached, closing
from tests.redis_server import RedisServer


class SlowPets(SqlitePets):
    """Pets whose reads and writes stop where a test wants them to.

    Attributes:
        reads: how often one pet was read.
        read: a read that found its pet waits for it.
        unwritten: a write that is about to be done waits for it.
        written: a write that is done waits for it.
        at_read: set when a read waits.
        at_write: set when a write waits.
    """

    reads = 0
    read: asyncio.Event | None = None
    unwritten: asyncio.Event | None = None
    written: asyncio.Event | None = None

    def __init__(self, store: SqliteStore) -> None:
        super().__init__(store._file, store._tally)
        self.at_read, self.at_write = asyncio.Event(), asyncio.Event()

    @override
    async def get(self, item_id: str) -> Stored[Pet]:
        self.reads += 1
        found = await super().get(item_id)
        gate, self.read = self.read, None
        if gate is not None:
            self.at_read.set()
            await gate.wait()
        return found

    @override
    async def replace(self, item: Pet, version: str | None = None) -> Stored[Pet]:
        if self.unwritten is not None:
            self.at_write.set()
            await self.unwritten.wait()
        kept = await super().replace(item, version)
        if self.written is not None:
            self.at_write.set()
            await self.written.wait()
        return kept


class Two:
    """Two processes, as far as the cache can tell, on one SQLite file.

    Attributes:
        beneath: the store that both share.
        pets: its pets, which tests stop and count.
        one, other: the processes.
        redis: the server.
    """

    def __init__(self, beneath: SqliteStore, redis: RedisServer) -> None:
        self.beneath = beneath
        self.pets = SlowPets(beneath)
        beneath.pets = self.pets
        self.redis = redis
        self.one, self.other = (cached(beneath, redis.url) for _ in range(2))

    def value(self, pet: Pet) -> bytes | None:
        """Return what the cache holds of a pet."""
        found: bytes | None = self.redis.ask("GET", key_of(pet.id))
        return found


@asynccontextmanager
async def two_processes(redis: RedisServer, folder: Path) -> AsyncIterator[Two]:
    """Start both on one file, connected."""
    async with AsyncExitStack() as stack:
        beneath = SqliteStore(folder / "a.db")
        both = Two(await stack.enter_async_context(closing(beneath)), redis)
        for store in (both.one, both.other):
            stack.push_async_callback(store._breaker.close)
            await store._breaker.linked()
        yield both


async def read(store: CachedStore, pet: Pet) -> tuple[str, str | None]:
    """Return a pet's name, and what the cache did."""
    with counted() as usage:
        found = await store.pets.get(pet.id)
    return found.value.name, usage.cache


async def keep(two: Two, **details: str) -> Stored[Pet]:
    """Put a pet into the store, past the cache."""
    return await two.beneath.pets.add(a_pet(**details))


def forget_tombstone(two: Two, pet: Pet) -> None:
    """Let ten seconds pass for a key."""
    assert two.value(pet) == b""
    assert 0 < two.redis.ask("PTTL", key_of(pet.id)) <= 10_000
    two.redis.ask("DEL", key_of(pet.id))
