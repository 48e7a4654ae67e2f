"""Writing the event of a new pet, before the pet itself."""

from contextlib import suppress
from datetime import UTC, datetime

from petstore.errors import AlreadyExists, NotFound, StoreUnavailable, Unreadable, VersionConflict
from petstore.events import Event, pet_created
from petstore.repository.port import EventRepository

_ATTEMPTS = 4


async def announce(events: EventRepository, pet_id: str, owner_email: str) -> None:
    """Keep the event that tells a pet's owner of it; however often, it is one event.

    Written first, a crash leaves at worst an event without a pet, which is dropped later.

    Raises:
        StoreUnavailable: also when others change this event at each of four attempts.
    """
    for _ in range(_ATTEMPTS):
        now = datetime.now(UTC)
        event = pet_created(pet_id, owner_email, now)
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
