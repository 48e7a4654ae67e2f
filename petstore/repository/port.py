"""The port: what the rules may ask of a store, and what every store promises.

``tests/contract`` holds each store to these promises.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from petstore.limits import Status

if TYPE_CHECKING:
    # Not at run time: the port is imported at indexing, and pydantic is half of a cold start.
    from collections.abc import Sequence

    from petstore.events import Event
    from petstore.pet import Pet


CLAIM_SECONDS = 24 * 60 * 60  # how long a claim is kept
QUOTA_SECONDS = 2 * 24 * 60 * 60  # how long a quota is kept


@dataclass(frozen=True)
class Stored[T]:
    """An item together with the store's version of it, which changes with every write."""

    value: T
    version: str


@dataclass(frozen=True)
class PetQuery:
    """Which pets to list; those conditions that are set must all hold.

    Attributes:
        limit: how many pets at most, 1 or more.
        newest_first: order by id, descending or ascending; an id's order is its creation's.
        after: the last id of the page before.
        species: the whole species, as ``search_key``.
        status: the status.
        tag: one whole tag, as ``search_key``.
        name_prefix: how the name begins, as ``search_key``.
        owner_id: whose pets.
        buyer_id: who ordered them.
    """

    limit: int = 20
    newest_first: bool = True
    after: str | None = None
    species: str | None = None
    status: Status | None = None
    tag: str | None = None
    name_prefix: str | None = None
    owner_id: str | None = None
    buyer_id: str | None = None


@dataclass(frozen=True)
class Page[T]:
    """Items in the order asked for.

    Attributes:
        items: the items.
        after: the id behind which the next page begins; None when this is the last page.
    """

    items: "Sequence[T]"
    after: str | None


@dataclass(frozen=True)
class Claim:
    """What is kept of a request with an idempotency key.

    Attributes:
        id: stands for the caller and the key; hexadecimal.
        fingerprint: stands for the body.
        pet_id: the id of the pet that the request creates or created.
        version: the new pet's first version once it is created; None before.
        more: members of a newer release, kept as they are.
    """

    id: str
    fingerprint: str
    pet_id: str
    version: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Quota:
    """How many mails were released on one day, to one address or for one caller.

    Attributes:
        id: stands for the day and whose quota it is; tells neither address nor caller.
        used: how many.
        more: members of a newer release, kept as they are.
    """

    id: str
    used: int
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)


class Repository[T](Protocol):
    """What every kind of item can be asked for by its id.

    Each write is atomic and kept when the call returns. Every method raises StoreUnavailable,
    within 5 seconds, when the store cannot answer.
    """

    async def add(self, item: T) -> Stored[T]:
        """Keep a new item; AlreadyExists when its id is taken.

        Of any number of items with one id exactly one is kept.
        """

    async def get(self, item_id: str) -> Stored[T]:
        """Return one item.

        Raises:
            NotFound: there is none.
            Unreadable: there is one, and this release cannot read it.
        """

    async def replace(self, item: T, version: str | None = None) -> Stored[T]:
        """Put an item in place of the one with its id.

        Raises:
            NotFound: there is none.
            VersionConflict: ``version`` is given and is not the stored item's version. Of any
                number of writers with one version, exactly one wins.
        """

    async def remove(self, item_id: str, version: str | None = None) -> None:
        """Delete an item; raises as ``replace`` does."""


class PetRepository(Repository["Pet"], Protocol):
    """The pets."""

    async def find(self, query: PetQuery) -> Page["Pet"]:
        """List pets; those that this release cannot read are left out.

        Paging on by the last id meets each pet that is there throughout exactly once, whatever
        is added or removed meanwhile.
        """

    async def count(self) -> Mapping[Status, int]:
        """Return how many pets have each status, at the moment of reading."""


class ClaimRepository(Repository[Claim], Protocol):
    """The claims on idempotency keys; each is kept for 24 hours after it last changed."""


class EventRepository(Repository["Event"], Protocol):
    """The events; each is kept for 14 days after it last changed."""

    async def due(
        self, until: str, limit: int, *, after: str = "", besides: "Sequence[str | None]" = ()
    ) -> "Sequence[Stored[Event]]":
        """Return the events that are due at a moment, those first that have been due longest.

        Those that this release cannot read are left out.

        Args:
            until: the moment.
            limit: how many at most.
            after: leave out what was due at this moment or before.
            besides: leave out what these callers made happen.
        """


class QuotaRepository(Repository[Quota], Protocol):
    """The quotas; each is kept for 2 days after it last changed."""


class Store(Protocol):
    """A place where everything is kept.

    Attributes:
        pets: the pets.
        claims: the claims on idempotency keys.
        events: what people are still to be told.
        quotas: how many mails there were on each day.
    """

    pets: PetRepository
    claims: ClaimRepository
    events: EventRepository
    quotas: QuotaRepository

    def unreadable(self) -> Mapping[str, int]:
        """Return how many items of each kind could not be read, as far as this process knows."""

    async def ping(self) -> None:
        """Ask the store for a sign of life; raises StoreUnavailable within 5 seconds."""

    async def close(self) -> None:
        """Close files and connections."""
