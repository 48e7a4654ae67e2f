"""What operators can do about events that are pending or have failed."""

from collections.abc import Sequence

from petstore.errors import BadMessage, NotFound
from petstore.events import LATEST, Event
from petstore.repository.port import EventRepository, Stored
from petstore.steps import now, take_step

_BATCH = 100
_BEFORE_LATEST = "9999"  # later than the due time of every event that has not failed


class Backlog:
    """The events that are not settled.

    Args:
        events: where events are kept.
    """

    def __init__(self, events: EventRepository) -> None:
        self._events = events

    async def unsettled(self, limit: int) -> list[Event]:
        """Return the events that are pending, those first that are due first, then the failed."""
        return [kept.value for kept in await self._events.due(LATEST, limit)]

    async def retry(self, event_id: str) -> Event | None:
        """Set a pending or failed event due again, as a new one.

        Returns:
            The event; or None when it is settled or being sent, or somebody else changes it.

        Raises:
            BadMessage: there is no such event.
        """
        try:
            kept = await self._events.get(event_id)
        except NotFound as error:
            raise BadMessage(str(error)) from None
        return await self._renew(kept)

    async def retry_failed(self) -> int:
        """Set every failed event due again, as ``retry`` does; return how many there were."""
        count = 0
        while failed := await self._failed():
            renewed = [event for kept in failed if (event := await self._renew(kept))]
            if not renewed:
                break
            count += len(renewed)
        return count

    async def _failed(self) -> Sequence[Stored[Event]]:
        return await self._events.due(LATEST, _BATCH, after=_BEFORE_LATEST)

    async def _renew(self, kept: Stored[Event]) -> Event | None:
        moment, event = now(), kept.value
        if event.state == "settled" or (
            event.state == "sending" and not event.is_deliverable(moment)
        ):
            return None
        renewed = event.renewed(moment)
        return renewed if await take_step(self._events, renewed, kept.version) else None
