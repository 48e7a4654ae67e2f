"""What is told of each kind of event, and to whom: one row for each kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from petstore.events import Event
from petstore.limits import OrderStatus
from petstore.order import Order
from petstore.pet import Pet


@dataclass(frozen=True)
class Fact:
    """One line of a mail.

    Attributes:
        label: what it is about.
        text: returns what is told of an event and its pet; None for nothing. There is a pet
            unless the event tells how an order ended.
        is_ours: whether no caller can have written it; else it is shown so that it makes no link.
    """

    label: str
    text: Callable[[Pet | None, Event], str | None]
    is_ours: bool = False


@dataclass(frozen=True)
class Notice:
    """What is told of one kind of event.

    Attributes:
        address: returns who is told; None for nobody.
        has_happened: returns whether the pet shows that what the event tells of was written. The
            relay releases an event only then.
        subject: of the mail; no text of a caller stands in it.
        opening: the first sentence of the mail, in lower case.
        facts: what is told of the pet.
        order_id: returns which order it is about; None where it is about the pet.
        other_end: the other kind that ends an order, where this one does: it is told of a pet that
            is deleted meanwhile too.
    """

    address: Callable[[Pet], str | None]
    has_happened: Callable[[Pet, Event], bool]
    subject: str
    opening: str
    facts: Sequence[Fact]
    order_id: Callable[[Pet], str | None] = lambda _: None
    other_end: str | None = None


def _order_id(pet: Pet) -> str | None:
    return None if pet.order is None else pet.order.id


def _buyer(pet: Pet) -> str | None:
    return None if pet.order is None else pet.order.contact_email


def _order_of(event: Event, pet: Pet) -> Order | None:
    """Return the order that an event is about; None where its pet has it no more, or not yet."""
    return pet.order if pet.order is not None and pet.order.id == event.order_id else None


def _has_come_to(status: OrderStatus) -> Callable[[Pet, Event], bool]:
    def has_happened(pet: Pet, event: Event) -> bool:
        order = _order_of(event, pet)
        return order is not None and order.has_come_to(status)

    return has_happened


def _is_cancelled(pet: Pet, event: Event) -> bool:
    # Its event was written while the pet had the order, which goes in no other way.
    return event.order_id is not None and _order_of(event, pet) is None


def _of_pet(text: Callable[[Pet], str]) -> Callable[[Pet | None, Event], str | None]:
    return lambda pet, _: None if pet is None else text(pet)


_NAME = Fact("Name", _of_pet(lambda pet: pet.name))
_SPECIES = Fact("Species", _of_pet(lambda pet: pet.species))
_ORDERED = (
    _NAME,
    _SPECIES,
    Fact("Pet", lambda _, event: event.pet_id, is_ours=True),
    Fact("Order", lambda _, event: event.order_id, is_ours=True),
)

# What is told of an order that has this status; None: of one that is cancelled.
ORDER_KINDS: Mapping[OrderStatus | None, str] = {
    "placed": "order_placed",
    "approved": "order_approved",
    "delivered": "order_delivered",
    None: "order_cancelled",
}
_order_notice = partial(Notice, facts=_ORDERED, order_id=_order_id)
NOTICES: Mapping[str, Notice] = {
    "pet_created": Notice(
        address=lambda pet: pet.owner_email,
        has_happened=lambda _pet, _event: True,  # the pet is there
        subject="Your pet has been added to PetStore",
        opening="a pet has been added to PetStore, with this address as its owner's.",
        facts=(
            _NAME,
            _SPECIES,
            Fact("Id", _of_pet(lambda pet: pet.id), is_ours=True),
            Fact("Added", _of_pet(lambda pet: pet.created_at), is_ours=True),
        ),
    ),
    "order_placed": _order_notice(
        address=lambda pet: pet.owner_email,
        has_happened=_has_come_to("placed"),
        subject="Your pet has been ordered at PetStore",
        opening="a pet has been ordered at PetStore, with this address as its owner's.",
    ),
    "order_approved": _order_notice(
        address=_buyer,
        has_happened=_has_come_to("approved"),
        subject="Your order at PetStore has been approved",
        opening="an order at PetStore has been approved, with this address as its buyer's.",
    ),
    "order_delivered": _order_notice(
        address=_buyer,
        has_happened=_has_come_to("delivered"),
        subject="Your order at PetStore has been delivered",
        opening="an order at PetStore has been delivered, with this address as its buyer's.",
        other_end="order_cancelled",
    ),
    "order_cancelled": _order_notice(
        address=_buyer,
        has_happened=_is_cancelled,
        subject="Your order at PetStore has been cancelled",
        opening="an order at PetStore has been cancelled, with this address as its buyer's.",
        other_end="order_delivered",
    ),
}
