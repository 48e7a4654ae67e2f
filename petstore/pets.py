"""The rules about pets."""

from dataclasses import replace as with_changes
from datetime import UTC, datetime

from petstore.errors import NotFound, PreconditionFailed
from petstore.ids import is_id, moment_of, new_id
from petstore.models import Pet, PetInput, parse_pet, search_key, timestamp
from petstore.repository import Page, PetQuery, PetRepository, Stored

# How often a change that names no version is tried when others change the same pet meanwhile.
_ATTEMPTS = 4


class Pets:
    """What can be done with pets.

    Args:
        store: where they are kept.
    """

    def __init__(self, store: PetRepository) -> None:
        self._store = store

    async def create(self, body: object) -> Stored:
        """Check a decoded JSON body and keep it as a new pet.

        Raises:
            InvalidPet: with every broken rule.
        """
        details = parse_pet(body)
        pet_id = new_id()
        now = timestamp(moment_of(pet_id))
        pet = Pet(id=pet_id, created_at=now, updated_at=now, **details.model_dump())
        return await self._store.add(pet)

    async def get(self, pet_id: str) -> Stored:
        """Give one pet; NotFound when there is none."""
        if not is_id(pet_id):
            raise NotFound(pet_id)
        return await self._store.get(pet_id)

    async def find(self, query: PetQuery) -> Page:
        """List pets; the texts of the query are compared without regard to case."""
        return await self._store.find(
            with_changes(
                query,
                species=_key(query.species),
                tag=_key(query.tag),
                name_prefix=_key(query.name_prefix),
            )
        )

    async def replace(self, pet_id: str, body: object) -> Stored:
        """Put new details in place of all that the pet has; id and creation time stay.

        Raises:
            InvalidPet: with every broken rule.
            NotFound: there is no such pet.
        """
        details = parse_pet(body)
        current = await self.get(pet_id)
        return await self._store.replace(_changed(current.pet, details))

    async def patch(self, pet_id: str, body: object) -> Stored:
        """Apply a JSON merge patch (RFC 7396) to the members that a caller may set.

        Tried again when another change comes between, so that neither is lost.

        Raises:
            InvalidPet: the result would break rules.
            NotFound: there is no such pet.
            PreconditionFailed: others changed the pet at each of four attempts.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            current = await self.get(pet_id)
            pet = _changed(current.pet, parse_pet(_merged(_settable(current.pet), body)))
            try:
                return await self._store.replace(pet, current.version)
            except PreconditionFailed:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # the loop returns or raises

    async def remove(self, pet_id: str) -> None:
        """Delete a pet; NotFound when there is none."""
        if not is_id(pet_id):
            raise NotFound(pet_id)
        await self._store.remove(pet_id)


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
