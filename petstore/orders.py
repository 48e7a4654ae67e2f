"""The rules about orders: a pet has at most one, inside its own document.

So placing, moving and cancelling an order are changes of the pet, and each is one conditional
write (``changes``): of any number of buyers at once one gets the pet, on every store. Who is told
of it by mail stands in ``notices``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from petstore.announcements import announce
from petstore.changes import Condition, change, check, read
from petstore.errors import Forbidden, NotAvailable, OrderNotFound, WrongStep
from petstore.identity import ANYBODY, Caller
from petstore.ids import moment_of, new_id
from petstore.notices import ORDER_KINDS
from petstore.order import NEXT, Order
from petstore.pet import Pet
from petstore.repository.port import Page, PetQuery, Store, Stored
from petstore.timestamps import timestamp

if TYPE_CHECKING:
    from petstore.models import OrderInput


@dataclass(frozen=True)
class Placed:
    """A pet with its order, and whether this request placed it."""

    stored: Stored[Pet]
    is_new: bool


class Orders:
    """What can be done with orders.

    Args:
        store: where pets and events are kept.
        caller: on whose behalf.
    """

    def __init__(self, store: Store, caller: Caller = ANYBODY) -> None:
        self._store = store
        self._caller = caller

    async def place(self, pet_id: str, body: object, condition: Condition | None = None) -> Placed:
        """Check a decoded JSON body and order a pet; what the caller ordered already stays.

        Raises:
            InvalidOrder: with every broken rule.
            NotFound: there is no such pet.
            NotAvailable: it is not for sale, or the caller's order has other members.
            VersionConflict: the pet does not pass the condition.
            Contended: others changed the pet at each attempt.
        """
        from petstore.models import parse_order

        details = parse_order(body)
        new = self._build(details)

        def decide(current: Stored[Pet]) -> Pet:
            check(current, condition)
            pet = current.value
            if pet.order is not None and self._is_repeated(pet.order, details):
                return pet
            if pet.order is not None or pet.status != "available":
                raise NotAvailable(pet.id)
            return pet.with_order(new, new.placed_at)

        stored = await self._change(pet_id, decide)
        # The id tells, also where the store's answer was lost and the write was found done.
        return Placed(stored, is_new=_order_of(stored).id == new.id)

    async def get(self, pet_id: str) -> Stored[Pet]:
        """Return a pet that has an order which the caller may see.

        Raises:
            NotFound: there is no such pet; OrderNotFound: nobody ordered it.
            Forbidden: the order is not the caller's, nor is the pet.
        """
        return self._check_visible(await read(self._store.pets, pet_id))

    async def find(self, query: PetQuery) -> Page[Pet]:
        """List the pets that the query's buyer ordered, each with its order."""
        page = await self._store.pets.find(query)
        return Page([pet for pet in page.items if pet.order is not None], page.after)

    async def patch(
        self, pet_id: str, body: object, condition: Condition | None = None
    ) -> Stored[Pet]:
        """Apply a merge patch: placed becomes approved, approved becomes delivered.

        Raises:
            InvalidOrder: with every broken rule.
            NotFound, Forbidden, VersionConflict, Contended: as ``get`` and ``place`` do.
            WrongStep: no other step exists.
        """
        from petstore.models import parse_order_patch

        patch = parse_order_patch(body)

        def decide(current: Stored[Pet]) -> Pet:
            pet = current.value
            if not self._caller.may_change(pet.owner_id):
                raise Forbidden
            order = _order_of(current)
            check(current, condition)
            if not patch.model_fields_set or patch.status == order.status:
                return pet
            if NEXT.get(order.status) != patch.status:
                raise WrongStep(f"An order that is {order.status} cannot become {patch.status}.")
            now = timestamp(datetime.now(UTC))
            return pet.with_order(with_changes(order, status=patch.status, updated_at=now), now)

        return await self._change(pet_id, decide)

    async def cancel(self, pet_id: str, condition: Condition | None = None) -> None:
        """Cancel an order: its pet is available again.

        Raises:
            NotFound, Forbidden, VersionConflict, Contended: as ``get`` and ``place`` do.
            WrongStep: it is delivered.
        """

        def decide(current: Stored[Pet]) -> Pet:
            self._check_visible(current)
            check(current, condition)
            if not _order_of(current).is_live:
                raise WrongStep("An order that is delivered cannot be cancelled.")
            return current.value.with_order(None, timestamp(datetime.now(UTC)))

        await self._change(pet_id, decide)

    async def _change(self, pet_id: str, decide: Callable[[Stored[Pet]], Pet]) -> Stored[Pet]:
        return await change(self._store.pets, pet_id, decide, self._announce)

    async def _announce(self, before: Pet, after: Pet) -> None:
        """Keep the event of a change before the change: if it is not made, nobody is told."""
        kind = ORDER_KINDS[None if after.order is None else after.order.status]
        shown = before if after.order is None else after
        await announce(self._store.events, kind, shown, self._caller.user_id)

    def _build(self, details: "OrderInput") -> Order:
        order_id = new_id()
        now = timestamp(moment_of(order_id))
        return Order(order_id, now, now, buyer=self._caller.user_id, **details.model_dump())

    def _is_repeated(self, order: Order, details: "OrderInput") -> bool:
        """Return whether the caller placed this order, with the members that are named again."""
        named = details.model_dump(exclude_unset=True)
        is_own = order.buyer == self._caller.user_id
        return is_own and all(getattr(order, name) == value for name, value in named.items())

    def _check_visible(self, stored: Stored[Pet]) -> Stored[Pet]:
        order = _order_of(stored)
        if not any(map(self._caller.may_change, (order.buyer, stored.value.owner_id))):
            raise Forbidden
        return stored


def _order_of(stored: Stored[Pet]) -> Order:
    if stored.value.order is None:
        raise OrderNotFound(stored.value.id)
    return stored.value.order
