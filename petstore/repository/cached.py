"""A cache in Redis in front of the point read of pets: one decorator around any store.

No read that begins after a write has ended finds what was there before it, in this process or in
another. ``docs/decisions/0021-a-cache-that-is-never-stale.md`` says how, and what remains.

- A reader who finds no value leaves a lease under the key, reads the store, and puts the pet in
  the place of its own lease, and of nothing else.
- A writer puts a tombstone there before the write and after it, whatever became of the write: it
  takes the place of any value and any lease. While it stands nobody fills.

Whatever the cache does, a call answers as the store does: the cache adds neither errors nor, but
for its patience once, time.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, override

from petstore.cache_settings import CacheSettings
from petstore.ids import is_id
from petstore.limits import Status
from petstore.pet import Pet
from petstore.repository.cache.breaker import HELD_MS, Away, Breaker, WrongType
from petstore.repository.cache.link import open_link
from petstore.repository.cache.values import is_meant, key_of, new_lease, read_value, write_value
from petstore.repository.credentials import app_credential
from petstore.repository.port import Page, PetQuery, PetRepository, Store, Stored
from petstore.usage import note_cache

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

# Puts a value in the place of the lease that is given, and of nothing else.
_FILL = (
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end"
    " redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1"
)
_WAIT = 0.1  # seconds for which a reader waits for another one of this process to fill


def with_cache(
    store: Store, settings: CacheSettings, environment: Mapping[str, str], *, in_azure: bool
) -> "CachedStore":
    """Put the cache in front of a store; nothing is connected before the first call.

    Args:
        store: where everything is kept.
        settings: where the cache is.
        environment: where Azure says how to get tokens.
        in_azure: whose identity logs in (``app_credential``).
    """
    credential = None
    if settings.user is not None and settings.password is None:
        credential = app_credential(environment, settings.client_id, in_azure=in_azure)
    breaker = Breaker(lambda: open_link(settings, credential), settings.seconds)
    return CachedStore(store, breaker, settings.seconds, credential)


class CachedStore(Store):
    """Any store, with a cache in front of the point read of its pets.

    Args:
        store: where everything is kept.
        breaker: the way to the cache.
        seconds: how long a pet is kept in the cache.
        credential: what the breaker gets its tokens from, to be closed with the store.
    """

    def __init__(
        self,
        store: Store,
        breaker: Breaker,
        seconds: int,
        credential: "AsyncTokenCredential | None" = None,
    ) -> None:
        self._store = store
        self._breaker = breaker
        self._credential = credential
        self.pets = CachedPets(store.pets, breaker, seconds)
        self.claims = store.claims
        self.events = store.events
        self.quotas = store.quotas

    @override
    def unreadable(self) -> Mapping[str, int]:
        return self._store.unreadable()

    @override
    async def ping(self) -> None:
        """Ask the store, and begin to connect to the cache; its state does not count."""
        self._breaker.start()
        await self._store.ping()

    @override
    async def close(self) -> None:
        await self._breaker.close()
        if self._credential is not None:
            await self._credential.close()
        await self._store.close()


class CachedPets(PetRepository):
    """The promises of ``PetRepository``, with single pets from the cache.

    Args:
        pets: where they are kept.
        breaker: the way to the cache.
        seconds: how long a pet is kept in the cache.
    """

    def __init__(self, pets: PetRepository, breaker: Breaker, seconds: int) -> None:
        self._pets = pets
        self._breaker = breaker
        self._milliseconds = seconds * 1000
        # What this process is filling, by lease: done with the pet, or with None.
        self._fills: dict[bytes, asyncio.Future[Stored[Pet] | None]] = {}

    @override
    async def get(self, item_id: str) -> Stored[Pet]:
        if not is_id(item_id):
            return await self._pets.get(item_id)
        lease = new_lease()
        try:
            found = await self._breaker.ask(
                "SET", key_of(item_id), lease, "NX", "GET", "PX", HELD_MS
            )
        except Away:
            note_cache("away")
            return await self._pets.get(item_id)
        except WrongType as error:
            found = error
        if found is None:
            return await self._fill(item_id, lease)
        stored = read_value(item_id, found) or await self._filled(found)
        if stored is not None:
            note_cache("hit")
            return stored
        note_cache("miss")
        await self._clear(item_id, found)
        return await self._pets.get(item_id)

    @override
    async def add(self, item: Pet) -> Stored[Pet]:
        # Nothing is cached of a pet that is not there, so that a new one shows at once.
        return await self._pets.add(item)

    @override
    async def replace(self, item: Pet, version: str | None = None) -> Stored[Pet]:
        async with self._writing(item.id):
            return await self._pets.replace(item, version)

    @override
    async def remove(self, item_id: str, version: str | None = None) -> None:
        async with self._writing(item_id):
            await self._pets.remove(item_id, version)

    @override
    async def find(self, query: PetQuery) -> Page[Pet]:
        return await self._pets.find(query)

    @override
    async def count(self) -> Mapping[Status, int]:
        return await self._pets.count()

    @asynccontextmanager
    async def _writing(self, pet_id: str) -> AsyncIterator[None]:
        """Hold the key empty from before a write until after it.

        Before, in case this process dies between store and cache; after, in case the cache forgot
        meanwhile; also after a refusal, since what the caller read may have come from the cache.
        """
        await self._breaker.drop(key_of(pet_id))
        try:
            yield
        finally:
            await self._breaker.drop(key_of(pet_id))

    async def _fill(self, pet_id: str, lease: bytes) -> Stored[Pet]:
        """Read the store and put the pet in the place of our lease, if it is still there."""
        done = self._fills[lease] = asyncio.get_running_loop().create_future()
        note_cache("miss")
        try:
            stored = await self._pets.get(pet_id)
            if await self._put(pet_id, lease, stored):
                done.set_result(stored)
            return stored
        finally:
            del self._fills[lease]
            if not done.done():
                done.set_result(None)

    async def _put(self, pet_id: str, lease: bytes, stored: Stored[Pet]) -> bool:
        value = write_value(stored)
        try:
            is_filled: int = await self._breaker.ask(
                "EVAL", _FILL, 1, key_of(pet_id), lease, value, self._milliseconds
            )
        except (Away, WrongType):
            note_cache("away")
            return False
        note_cache("fill" if is_filled else "refused")
        return bool(is_filled)

    async def _filled(self, lease: object) -> Stored[Pet] | None:
        """Return what another reader of this process is filling; None where it does not succeed.

        A fill succeeds only if no write came between, so that its pet is as new as this call.
        """
        fill = self._fills.get(lease) if isinstance(lease, bytes) else None
        if fill is None:
            return None
        done, _ = await asyncio.wait({fill}, timeout=_WAIT)
        return fill.result() if done else None

    async def _clear(self, pet_id: str, found: object) -> None:
        """Remove what nobody can read, and what would stay."""
        if is_meant(found):
            return
        try:
            await self._breaker.ask("DEL", key_of(pet_id))
        except Away:
            note_cache("away")
