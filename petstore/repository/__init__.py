"""The port: what the rules may ask of a store, and what every store promises.

``tests/contract`` holds each store to these promises.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from petstore.terms import Status

if TYPE_CHECKING:
    # Not at run time: the port is imported at indexing, and pydantic is half of a cold start.
    from collections.abc import Sequence

    from petstore.events import Event
    from petstore.models import Pet


CLAIM_SECONDS = 24 * 60 * 60  # how long a claim is kept


@dataclass(frozen=True)
class Stored:
    """A pet together with the store's version of it, which changes with every write."""

    pet: "Pet"
    version: str


@dataclass(frozen=True)
class PetQuery:
    """Which pets to list; those conditions that are set must all hold.

    Attributes:
        limit: how many pets at the most, 1 or more.
        newest_first: order by id, descending or ascending; an id's order is its creation's.
        after: the last id of the page before.
        species: the whole species, as ``search_key``.
        status: the status.
        tag: one whole tag, as ``search_key``.
        name_prefix: how the name begins, as ``search_key``.
        owner_id: whose pets.
    """

    limit: int = 20
    newest_first: bool = True
    after: str | None = None
    species: str | None = None
    status: Status | None = None
    tag: str | None = None
    name_prefix: str | None = None
    owner_id: str | None = None


@dataclass(frozen=True)
class Page:
    """Pets in the order asked for, and whether more follow the last of them."""

    pets: "Sequence[Pet]"
    has_more: bool


@dataclass(frozen=True)
class Claim:
    """What is kept of a request with an idempotency key, for 24 hours.

    Attributes:
        id: stands for the caller and the key; hexadecimal.
        fingerprint: stands for the body.
        pet_id: the id of the pet that the request makes, or made.
        version: the new pet's first version once it is made; None before.
    """

    id: str
    fingerprint: str
    pet_id: str
    version: str | None = None


@dataclass(frozen=True)
class StoredEvent:
    """An event together with the store's version of it, which changes with every write."""

    event: "Event"
    version: str


class EventRepository(Protocol):
    """A store of events; each is kept for 7 days after it last changed.

    Each write is atomic and kept when the call returns. Every method raises StoreUnavailable,
    within 5 seconds, when the store cannot answer.
    """

    async def add(self, event: "Event") -> bool:
        """Keep a new event; False when there is one with its id, which stays as it is."""

    async def get(self, event_id: str) -> StoredEvent | None:
        """Give one event, or None."""

    async def due(self, until: str, limit: int) -> "Sequence[StoredEvent]":
        """Give the events that are due at a moment, those first that have been due longest."""

    async def replace(self, event: "Event", version: str) -> str | None:
        """Put an event in place of the one with its id.

        Returns:
            The new version; None when that event is not at this version any more, or is gone.
            Of any number of writers with one version, exactly one is given a new one.
        """

    async def remove(self, event_id: str, version: str) -> bool:
        """Delete an event; False when it is not at this version any more, or is gone."""


class PetRepository(Protocol):
    """A store of pets.

    Each write is atomic and kept when the call returns. Every method raises StoreUnavailable,
    within 5 seconds, when the store cannot answer.
    """

    @property
    def events(self) -> EventRepository:
        """Give the store of events that lies beside the pets."""

    async def add(self, pet: "Pet") -> Stored:
        """Keep a new pet; AlreadyExists when its id is taken."""

    async def get(self, pet_id: str) -> Stored:
        """Give one pet; NotFound when there is none."""

    async def find(self, query: PetQuery) -> Page:
        """List pets.

        Paging on by the last id meets each pet that is there throughout exactly once, whatever
        is added or removed meanwhile.
        """

    async def replace(self, pet: "Pet", version: str | None = None) -> Stored:
        """Put a pet in place of the one with its id.

        Raises:
            NotFound: there is none.
            VersionConflict: ``version`` is given and is not the stored pet's version. Of any
                number of writers with one version, exactly one wins.
        """

    async def remove(self, pet_id: str, version: str | None = None) -> None:
        """Delete a pet; raises as ``replace`` does."""

    async def claim(self, claim: Claim) -> Claim:
        """Keep a claim, unless there is one with its id; give the one that is kept.

        Of any number of claims with one id exactly one is kept.
        """

    async def settle(self, claim: Claim) -> None:
        """Put a claim that is kept in place of itself, now with the pet's version."""

    async def ping(self) -> None:
        """Ask the store for a sign of life."""

    async def close(self) -> None:
        """Let go of files and connections."""
