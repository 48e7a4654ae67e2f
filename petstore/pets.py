"""The rules about pets."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from petstore import idempotency
from petstore.announcements import announce
from petstore.changes import Condition, change, check, read
from petstore.errors import (
    AlreadyExists,
    Forbidden,
    NotFound,
    Ordered,
    Unreadable,
    VersionConflict,
)
from petstore.identity import ANYBODY, Caller
from petstore.ids import moment_of, new_id
from petstore.limits import TEXT_FILTERS, Status
from petstore.merge_patch import apply_merge_patch
from petstore.patience import Patience
from petstore.pet import SETTABLE, Pet, search_key
from petstore.repository.port import Claim, Page, PetQuery, Store, Stored
from petstore.timestamps import timestamp

if TYPE_CHECKING:
    from petstore.models import PetInput


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
        return await read(self._store.pets, pet_id)

    async def find(self, query: PetQuery) -> Page[Pet]:
        """List pets; the texts of the query are compared case-insensitively."""
        given = {one.member: vars(query)[one.member] for one in TEXT_FILTERS.values()}
        folded: dict[str, Any] = {name: text and search_key(text) for name, text in given.items()}
        return await self._store.pets.find(with_changes(query, **folded))

    async def count(self) -> Mapping[Status, int]:
        """Return how many pets have each status."""
        return await self._store.pets.count()

    async def replace(
        self, pet_id: str, body: object, condition: Condition | None = None
    ) -> Stored[Pet]:
        """Put new details in place of all that the pet has; id and creation time stay.

        Raises:
            InvalidPet: with every broken rule.
            NotFound: there is no such pet.
            Forbidden: it belongs to somebody else.
            Ordered: it has an order, which has another status for it.
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
            NotFound, Forbidden, Ordered, VersionConflict, Contended: as ``replace`` does.
        """
        return await self._change(
            pet_id,
            condition,
            lambda pet: _changed(pet, _parse(apply_merge_patch(_settable(pet), body))),
        )

    async def remove(self, pet_id: str, condition: Condition | None = None) -> None:
        """Delete a pet, at the version that was looked at: an order is never deleted unseen.

        Raises:
            NotFound: there is none.
            Forbidden: it is somebody else's.
            Ordered: somebody ordered it, and it is not delivered yet.
            VersionConflict: its version does not pass the condition.
            Contended: others changed it at each attempt.
        """
        patience = Patience()
        while True:
            version = await self._removable_version(pet_id, condition)
            try:
                await self._store.pets.remove(pet_id, version)
            except VersionConflict:
                await patience.wait(pet_id)
            else:
                return

    async def _removable_version(self, pet_id: str, condition: Condition | None) -> str:
        try:
            current = await read(self._store.pets, pet_id)
        except Unreadable as broken:
            if self._caller.is_admin and condition is None:
                return broken.version
            raise
        self._check_own(current.value)
        check(current, condition)
        if current.value.order is not None and current.value.order.is_live:
            raise Ordered("Cancel the order of this pet first.")
        return current.version

    async def _change(
        self, pet_id: str, condition: Condition | None, new_state: Callable[[Pet], Pet]
    ) -> Stored[Pet]:
        """Change a pet as it is now, again when another change comes between: neither is lost."""

        def decide(current: Stored[Pet]) -> Pet:
            self._check_own(current.value)
            check(current, condition)
            return new_state(current.value)

        return await change(self._store.pets, pet_id, decide)

    def _check_own(self, pet: Pet) -> None:
        if not self._caller.may_change(pet.owner_id):
            raise Forbidden

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
        await announce(self._store.events, "pet_created", pet, self._caller.user_id)
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


def _parse(body: object) -> "PetInput":
    # The first write imports pydantic; reads never do.
    from petstore.models import parse_pet

    return parse_pet(body)


def _changed(pet: Pet, details: "PetInput") -> Pet:
    members = details.model_dump()
    if pet.order is not None:  # it decides about the status
        if "status" in details.model_fields_set and details.status != pet.status:
            raise Ordered(f"This pet has an order: it stays {pet.status}.")
        members["status"] = pet.status
    return with_changes(pet, **members, updated_at=timestamp(datetime.now(UTC)))


def _settable(pet: Pet) -> dict[str, object]:
    return {name: getattr(pet, name) for name in SETTABLE}
