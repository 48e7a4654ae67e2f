"""The store in this process, gone at its end: an example of a store of one's own."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from typing import override

from petstore.errors import AlreadyExists, NotFound, VersionConflict
from petstore.events import KEPT_SECONDS, Event
from petstore.limits import STATUSES, Status
from petstore.pet import Pet, search_key
from petstore.repository.documents import CLAIM, EVENT, PET, QUOTA, Kind
from petstore.repository.port import (
    CLAIM_SECONDS,
    QUOTA_SECONDS,
    Claim,
    ClaimRepository,
    EventRepository,
    Page,
    PetQuery,
    PetRepository,
    Quota,
    QuotaRepository,
    Repository,
    Store,
    Stored,
)


class Shelf[T](Repository[T]):
    """The promises of ``Repository`` on a dict; nothing here waits, so every call is atomic.

    Args:
        kind: what is kept.
        kept_seconds: how long an item is kept after it last changed; None for ever.
    """

    def __init__(self, kind: Kind[T], kept_seconds: int | None = None) -> None:
        self._kind = kind
        self._kept_seconds = kept_seconds
        self._versions = count(1)
        self._items: dict[str, tuple[Stored[T], float]] = {}

    @override
    async def add(self, item: T) -> Stored[T]:
        item_id = self._id_of(item)
        if self._find(item_id) is not None:
            raise AlreadyExists(item_id, self._kind.name)
        return self._put(item_id, item)

    @override
    async def get(self, item_id: str) -> Stored[T]:
        return self._one(item_id)

    @override
    async def replace(self, item: T, version: str | None = None) -> Stored[T]:
        item_id = self._id_of(item)
        self._check(item_id, version)
        return self._put(item_id, item)

    @override
    async def remove(self, item_id: str, version: str | None = None) -> None:
        self._check(item_id, version)
        del self._items[item_id]

    def _all(self) -> list[Stored[T]]:
        return [found for item_id in list(self._items) if (found := self._find(item_id))]

    def _id_of(self, item: T) -> str:
        return str(self._kind.write(item)["id"])

    def _put(self, item_id: str, item: T) -> Stored[T]:
        stored = Stored(item, str(next(self._versions)))
        self._items[item_id] = stored, time.time()
        return stored

    def _find(self, item_id: str) -> Stored[T] | None:
        stored, changed_at = self._items.get(item_id, (None, 0.0))
        if self._kept_seconds is not None and time.time() - changed_at > self._kept_seconds:
            return None
        return stored

    def _one(self, item_id: str) -> Stored[T]:
        found = self._find(item_id)
        if found is None:
            raise NotFound(item_id, self._kind.name)
        return found

    def _check(self, item_id: str, version: str | None) -> None:
        if version not in {None, self._one(item_id).version}:
            raise VersionConflict(item_id, self._kind.name)


class MemoryPets(Shelf[Pet], PetRepository):
    """The promises of ``PetRepository`` on a dict."""

    @override
    async def find(self, query: PetQuery) -> Page[Pet]:
        pets = sorted(
            (stored.value for stored in self._all() if _fits(stored.value, query)),
            key=lambda pet: pet.id,
            reverse=query.newest_first,
        )
        page = pets[: query.limit]
        return Page(page, page[-1].id if len(pets) > query.limit else None)

    @override
    async def count(self) -> Mapping[Status, int]:
        met = Counter(stored.value.status for stored in self._all())
        return {status: met[status] for status in STATUSES}


class MemoryClaims(Shelf[Claim], ClaimRepository):
    """The promises of ``ClaimRepository`` on a dict."""


class MemoryEvents(Shelf[Event], EventRepository):
    """The promises of ``EventRepository`` on a dict."""

    @override
    async def due(
        self, until: str, limit: int, *, after: str = "", besides: Sequence[str | None] = ()
    ) -> Sequence[Stored[Event]]:
        due = [
            (stored.value.due_at, stored)
            for stored in self._all()
            if stored.value.due_at is not None
            and after < stored.value.due_at <= until
            and stored.value.caller not in besides
        ]
        return [stored for _, stored in sorted(due, key=lambda one: one[0])][:limit]


class MemoryQuotas(Shelf[Quota], QuotaRepository):
    """The promises of ``QuotaRepository`` on a dict."""


class MemoryStore(Store):
    """The promises of ``Store`` in this process."""

    def __init__(self) -> None:
        self.pets: PetRepository = MemoryPets(PET)
        self.claims: ClaimRepository = MemoryClaims(CLAIM, CLAIM_SECONDS)
        self.events: EventRepository = MemoryEvents(EVENT, KEPT_SECONDS)
        self.quotas: QuotaRepository = MemoryQuotas(QUOTA, QUOTA_SECONDS)

    @override
    def unreadable(self) -> Mapping[str, int]:
        return {}

    @override
    async def ping(self) -> None:
        pass

    @override
    async def close(self) -> None:
        pass


def _fits(pet: Pet, query: PetQuery) -> bool:
    after = query.after
    checks = (
        after is None or (pet.id < after if query.newest_first else pet.id > after),
        query.species in {None, search_key(pet.species)},
        query.status in {None, pet.status},
        query.tag is None or query.tag in map(search_key, pet.tags),
        search_key(pet.name).startswith(query.name_prefix or ""),
        query.owner_id in {None, pet.owner_id},
        query.buyer_id in {None, pet.order and pet.order.buyer},
    )
    return all(checks)
