"""One step of an event, and the moment it is made."""

from datetime import UTC, datetime

from petstore.errors import NotFound, VersionConflict
from petstore.events import Event
from petstore.repository.port import EventRepository, Stored

FAILED = "mail failed"  # alerts look for this at the beginning of a log line


async def take_step(events: EventRepository, event: Event, version: str) -> Stored[Event] | None:
    """Put an event in place of the one that was read; None when others changed it meanwhile."""
    try:
        return await events.replace(event, version)
    except (NotFound, VersionConflict):
        return None


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)
