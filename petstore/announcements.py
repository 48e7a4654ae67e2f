"""Writing the event of what happens to a pet, before the pet itself."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from petstore.errors import AlreadyExists, NotFound, StoreUnavailable, Unreadable, VersionConflict
from petstore.events import UNDER_WAY, Event, new_event
from petstore.notices import NOTICES
from petstore.pet import Pet
from petstore.repository.port import EventRepository
from petstore.timestamps import timestamp

_ATTEMPTS = 4


async def announce(events: EventRepository, kind: str, pet: Pet, caller: str | None) -> None:
    """Keep the event that tells somebody of a pet, if anybody; however often, it is one event.

    Written before the pet, a crash leaves at worst an event of what did not happen, which is
    dropped later.

    Args:
        events: where events are kept.
        kind: what happens: a row of ``NOTICES``.
        pet: the pet as it will be written; of what will be gone then, as it was.
        caller: who makes it happen; None without a token.

    Raises:
        StoreUnavailable: also when others change this event at each of four attempts.
    """
    notice = NOTICES[kind]
    address = notice.address(pet)
    if address is None:
        return
    for _ in range(_ATTEMPTS):
        event = new_event(
            kind,
            datetime.now(UTC),
            pet_id=pet.id,
            address=address,
            caller=caller,
            order_id=notice.order_id(pet),
        )
        with suppress(AlreadyExists):
            await events.add(event)
            return
        with suppress(NotFound, VersionConflict):  # it is gone or changed meanwhile
            await _renew(events, event)
            return
    raise StoreUnavailable("others keep changing this pet's event")


async def _renew(events: EventRepository, event: Event) -> None:
    """Renew what a request left that broke off, or the relay might drop it too early.

    One that is young and goes to the same address is left alone: the relay does not touch it yet,
    and of many equal requests at once none gets in the way of another.
    """
    try:
        kept = await events.get(event.id)
    except Unreadable as broken:
        await events.replace(event, broken.version)
        return
    moment = datetime.fromisoformat(event.occurred_at)
    is_young = kept.value.occurred_at > timestamp(moment - UNDER_WAY)
    if kept.value.state == "new" and not (is_young and kept.value.address == event.address):
        renewed = replace(kept.value.renewed(moment), address=event.address)
        await events.replace(renewed, kept.version)
