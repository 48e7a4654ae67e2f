"""The rules about pets."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from petstore import idempotency
from petstore.announcements import announce
from petstore.errors import AlreadyExists, Forbidden, NotFound, VersionConflict
from petstore.identity import ANYBODY, Caller
from petstore.ids import is_id, moment_of, new_id
from petstore.limits import TEXT_FILTERS
from petstore.merge_patch import apply_merge_patch
from petstore.patience import Patience
from petstore.pet import SETTABLE, Pet, search_key
from petstore.repository.port import Claim, Page, PetQuery, Store, Stored
from petstore.timestamps import timestamp

if TYPE_CHECKING:
    from petstore.models import PetInput

# A test that a pet must pass before it may be changed.
Condition = Callable[[Stored[Pet]], bool]


@dataclass(frozen=True)
class Created:
    """A pet as it was created, and whether an equal request with its key did that before."""

    stored: Stored[Pet]
    replayed: bool = False


class Pets:
    """What can be done with pets.

    Args:
        store: where they are kept.
        caller: on whose behalf.
    """

    def __init__(self, store: Store, caller: Caller = ANYBODY) -> None:
        self._store = store
        self._caller = caller

    async def create(self, body: object, key: str | None = None) -> Created:
        """Check a decoded JSON body and keep it as a new pet; once for each key.

        Args:
            body: the decoded body.
            key: the caller's idempotency key.

        Raises:
            InvalidPet: with every broken rule.
            KeyInFlight: the first request with this key has not ended.
            KeyReused: the key came with another body.
        """
        details = _parse(body)
        if key is None:
            return Created(await self._add(self._build(new_id(), details)))
        claims, user_id = self._store.claims, self._caller.user_id
        claim, is_own = await idempotency.claim_key(claims, user_id, key, body)
        pet = self._build(claim.pet_id, details)
        if claim.version is not None:
            return Created(Stored(pet, claim.version), replayed=True)
        if not is_own:
            with suppress(NotFound):
                return Created(await self._as_created(pet, claim), replayed=True)
            idempotency.check_broken_off(claim)
        return Created(await self._add_claimed(pet, claim))

    async def get(self, pet_id: str) -> Stored[Pet]:
        """Return one pet; NotFound when there is none."""
        if not is_id(pet_id):
            raise NotFound(pet_id)
        return await self._store.pets.get(pet_id)

    async def find(self, query: PetQuery) -> Page[Pet]:
        """List pets; the texts of the query are compared case-insensitively."""
        given = {one.member: vars(query)[one.member] for one in TEXT_FILTERS.values()}
        folded: dict[str, Any] = {name: text and search_key(text) for name, text in given.items()}
        return await self._store.pets.find(with_changes(query, **folded))

    async def replace(
        self, pet_id: str, body: object, condition: Condition | None = None
    ) -> Stored[Pet]:
        """Put new details in place of all that the pet has; id and creation time stay.

        Raises:
            InvalidPet: with every broken rule.
            NotFound: there is no such pet.
            Forbidden: it belongs to somebody else.
            VersionConflict: its version does not pass the condition.
            Contended: others changed it at each attempt.
        """
        details = _parse(body)
        return await self._change(pet_id, condition, lambda pet: _changed(pet, details))

    async def patch(
        self, pet_id: str, body: object, condition: Condition | None = None
    ) -> Stored[Pet]:
        """Apply a JSON merge patch (RFC 7396) to the members that a caller may set.

        Raises:
            InvalidPet: the result would break rules.
            NotFound, Forbidden, VersionConflict, Contended: as ``replace`` does.
        """
        return await self._change(
            pet_id,
            condition,
            lambda pet: _changed(pet, _parse(apply_merge_patch(_settable(pet), body))),
        )

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
        current = await self._get_own(pet_id)
        _check(current, condition)
        await self._store.pets.remove(pet_id, None if condition is None else current.version)

    async def _change(
        self, pet_id: str, condition: Condition | None, change: Callable[[Pet], Pet]
    ) -> Stored[Pet]:
        """Change a pet as it is now, again when another change comes between: neither is lost."""
        patience = Patience()
        while True:
            current = await self._get_own(pet_id)
            _check(current, condition)
            changed = change(current.value)
            try:
                return await self._store.pets.replace(changed, current.version)
            except VersionConflict:
                await patience.wait(pet_id)

    async def _get_own(self, pet_id: str) -> Stored[Pet]:
        """Return the pet, which the caller may change; Forbidden else."""
        current = await self.get(pet_id)
        if not self._caller.may_change(current.value.owner_id):
            raise Forbidden
        return current

    def _build(self, pet_id: str, details: "PetInput") -> Pet:
        """Return the pet that the caller creates with this id, at the moment that the id tells."""
        now = timestamp(moment_of(pet_id))
        return Pet(
            id=pet_id,
            created_at=now,
            updated_at=now,
            owner_id=self._caller.user_id,
            **details.model_dump(),
        )

    async def _add(self, pet: Pet) -> Stored[Pet]:
        if pet.owner_email is not None:
            await announce(self._store.events, pet.id, pet.owner_email)
        return await self._store.pets.add(pet)

    async def _add_claimed(self, pet: Pet, claim: Claim) -> Stored[Pet]:
        try:
            stored = await self._add(pet)
        except AlreadyExists:  # an equal request was faster
            try:
                return await self._as_created(pet, claim)
            except NotFound:  # it is removed already, or cannot be read
                stored = Stored(pet, "")
        await idempotency.settle(self._store.claims, claim, stored.version)
        return stored

    async def _as_created(self, pet: Pet, claim: Claim) -> Stored[Pet]:
        """Return the pet as it was created, though others may have changed it since.

        The version is empty where the first one is not known any more.
        """
        stored = await self._store.pets.get(pet.id)
        if stored.value != pet:
            stored = Stored(pet, "")
        await idempotency.settle(self._store.claims, claim, stored.version)
        return stored


def _check(current: Stored[Pet], condition: Condition | None) -> None:
    if condition is not None and not condition(current):
        raise VersionConflict(current.value.id)


def _parse(body: object) -> "PetInput":
    # The first write imports pydantic; reads never do.
    from petstore.models import parse_pet

    return parse_pet(body)


def _changed(pet: Pet, details: "PetInput") -> Pet:
    return with_changes(pet, **details.model_dump(), updated_at=timestamp(datetime.now(UTC)))


def _settable(pet: Pet) -> dict[str, object]:
    return {name: getattr(pet, name) for name in SETTABLE}
