"""The rules about pets."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace as with_changes
from datetime import UTC, datetime

from petstore.errors import AlreadyExists, Forbidden, NotFound, StoreUnavailable, VersionConflict
from petstore.events import pet_created
from petstore.identity import ANYBODY, Caller
from petstore.ids import is_id, moment_of, new_id
from petstore.models import Pet, PetInput, parse_pet, search_key
from petstore.repository.port import EventRepository, Page, PetQuery, Store, Stored
from petstore.terms import timestamp

# A test that a pet's version must pass before the pet may be changed.
Condition = Callable[[str], bool]

# How often a change that names no version is tried when others change the same thing meanwhile.
_ATTEMPTS = 4


class Pets:
    """What can be done with pets.

    Args:
        store: where they are kept.
        caller: on whose behalf.
    """

    def __init__(self, store: Store, caller: Caller = ANYBODY) -> None:
        self._store = store
        self._caller = caller

    async def create(self, body: object) -> Stored[Pet]:
        """Check a decoded JSON body and keep it as a new pet.

        Raises:
            InvalidPet: with every broken rule.
        """
        return await keep(self._store, new_pet(new_id(), parse_pet(body), self._caller))

    async def get(self, pet_id: str) -> Stored[Pet]:
        """Give one pet; NotFound when there is none."""
        if not is_id(pet_id):
            raise NotFound(pet_id)
        return await self._store.pets.get(pet_id)

    async def find(self, query: PetQuery) -> Page[Pet]:
        """List pets; the texts of the query are compared without regard to case."""
        return await self._store.pets.find(
            with_changes(
                query,
                species=_key(query.species),
                tag=_key(query.tag),
                name_prefix=_key(query.name_prefix),
            )
        )

    async def replace(
        self, pet_id: str, body: object, condition: Condition | None = None
    ) -> Stored[Pet]:
        """Put new details in place of all that the pet has; id and creation time stay.

        Raises:
            InvalidPet: with every broken rule.
            NotFound: there is no such pet.
            Forbidden: it is somebody else's.
            VersionConflict: its version does not pass the condition.
        """
        details = parse_pet(body)
        current = await self._own(pet_id)
        version = _checked(current, condition)
        return await self._store.pets.replace(_changed(current.value, details), version)

    async def patch(
        self, pet_id: str, body: object, condition: Condition | None = None
    ) -> Stored[Pet]:
        """Apply a JSON merge patch (RFC 7396) to the members that a caller may set.

        Tried again when another change comes between, so that neither is lost.

        Raises:
            InvalidPet: the result would break rules.
            NotFound: there is no such pet.
            Forbidden: it is somebody else's.
            VersionConflict: its version does not pass the condition, or others changed the pet
                at each of four attempts.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            current = await self._own(pet_id)
            _checked(current, condition)
            pet = _changed(current.value, parse_pet(_merged(_settable(current.value), body)))
            try:
                return await self._store.pets.replace(pet, current.version)
            except VersionConflict:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # the loop returns or raises

    async def remove(self, pet_id: str, condition: Condition | None = None) -> None:
        """Delete a pet.

        Raises:
            NotFound: there is none.
            Forbidden: it is somebody else's.
            VersionConflict: its version does not pass the condition.
        """
        if self._caller.is_admin and condition is None and is_id(pet_id):
            await self._store.pets.remove(pet_id)
            return
        # An owner never changes, so any version of the pet is still the caller's.
        current = await self._own(pet_id)
        await self._store.pets.remove(pet_id, _checked(current, condition))

    async def _own(self, pet_id: str) -> Stored[Pet]:
        current = await self.get(pet_id)
        if not self._caller.may_change(current.value.owner_id):
            raise Forbidden
        return current


def new_pet(pet_id: str, details: PetInput, caller: Caller) -> Pet:
    """Make the pet that a caller created with this id, at the moment that the id tells."""
    now = timestamp(moment_of(pet_id))
    return Pet(
        id=pet_id,
        created_at=now,
        updated_at=now,
        owner_id=caller.user_id,
        **details.model_dump(),
    )


async def keep(store: Store, pet: Pet) -> Stored[Pet]:
    """Keep a new pet; where it has an owner's address, first the event that tells of it.

    In this order a crash leaves at the worst an event without a pet, which is dropped later.

    Raises:
        AlreadyExists: its id is taken.
    """
    if pet.owner_email is not None:
        await _announce(store.events, pet.id, pet.owner_email)
    return await store.pets.add(pet)


async def _announce(events: EventRepository, pet_id: str, owner_email: str) -> None:
    for _ in range(_ATTEMPTS):
        now = datetime.now(UTC)
        event = pet_created(pet_id, owner_email, now)
        with suppress(AlreadyExists):
            await events.add(event)
            return
        with suppress(NotFound, VersionConflict):  # it is gone or changed meanwhile
            # Left by a create that broke off. Renewed, or the relay might drop it too early.
            kept = await events.get(event.id)
            if kept.value.state == "new":
                await events.replace(kept.value.renewed(now), kept.version)
            return
    raise StoreUnavailable("others change this pet's event again and again")


def _checked(current: Stored[Pet], condition: Condition | None) -> str | None:
    """Give the version that a write must meet: the one that passed, or any."""
    if condition is None:
        return None
    if not condition(current.version):
        raise VersionConflict(current.value.id)
    return current.version


def _key(text: str | None) -> str | None:
    return None if text is None else search_key(text)


def _changed(pet: Pet, details: PetInput) -> Pet:
    return pet.model_copy(
        update={**details.model_dump(), "updated_at": timestamp(datetime.now(UTC))}
    )


def _settable(pet: Pet) -> dict[str, object]:
    return pet.model_dump(include=set(PetInput.model_fields))


def _merged(target: dict[str, object], patch: object) -> object:
    """Give the result of RFC 7396, 2, for a target none of whose members is an object."""
    if not isinstance(patch, dict):
        return patch
    return {name: value for name, value in (target | patch).items() if value is not None}
