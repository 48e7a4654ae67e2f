"""Writing the event of a new pet, before the pet itself."""

from contextlib import suppress
from datetime import UTC, datetime

from petstore.errors import AlreadyExists, NotFound, StoreUnavailable, VersionConflict
from petstore.events import pet_created
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
            # Left by a create that broke off. Renewed, or the relay might drop it too early.
            kept = await events.get(event.id)
            if kept.value.state == "new":
                await events.replace(kept.value.renewed(now), kept.version)
            return
    raise StoreUnavailable("others change this pet's event again and again")
