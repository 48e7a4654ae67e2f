"""Writing the event of what happens to a pet, before the pet itself."""

from contextlib import suppress
from datetime import UTC, datetime

from petstore.errors import AlreadyExists, NotFound, StoreUnavailable, Unreadable, VersionConflict
from petstore.events import Event, new_event
from petstore.notices import NOTICES
from petstore.pet import Pet
from petstore.repository.port import EventRepository

_ATTEMPTS = 4


async def announce(events: EventRepository, kind: str, pet: Pet, caller: str | None) -> None:
    """Keep the event that tells somebody of a pet, if anybody; however often, it is one event.

    Written before the pet, a crash leaves at worst an event of what did not happen, which is
    dropped later.

    Args:
        events: where events are kept.
        kind: what happens: a row of ``NOTICES``.
        pet: the pet as it will be written.
        caller: who makes it happen; None without a token.

    Raises:
        StoreUnavailable: also when others change this event at each of four attempts.
    """
    notice = NOTICES[kind]
    address = notice.address(pet)
    if address is None:
        return
    for _ in range(_ATTEMPTS):
        moment = datetime.now(UTC)
        event = new_event(
            kind, notice.key(pet), moment, pet_id=pet.id, address=address, caller=caller
        )
        with suppress(AlreadyExists):
            await events.add(event)
            return
        with suppress(NotFound, VersionConflict):  # it is gone or changed meanwhile
            await _renew(events, event)
            return
    raise StoreUnavailable("others keep changing this pet's event")


async def _renew(events: EventRepository, event: Event) -> None:
    """Renew what a create left that broke off, or the relay might drop it too early."""
    try:
        kept = await events.get(event.id)
    except Unreadable as broken:
        await events.replace(event, broken.version)
        return
    if kept.value.state == "new":
        renewed = kept.value.renewed(datetime.fromisoformat(event.occurred_at))
        await events.replace(renewed, kept.version)
