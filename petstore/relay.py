"""From the store to the queue: which events are due, have happened, and may be mailed today."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from petstore.errors import NotFound, PetStoreError, StoreUnavailable, Unreadable, VersionConflict
from petstore.events import UNDER_WAY, UNFINISHED, Event, order_event_id
from petstore.mail_caps import Caps
from petstore.messages import build_message
from petstore.notices import NOTICES
from petstore.repository.port import Store, Stored
from petstore.steps import FAILED, now, take_step
from petstore.timestamps import timestamp
from petstore.turns import find_due

BATCH = 100  # events that one run takes

_AT_ONCE = 10  # events that are looked after at a time
_UNKNOWN_KIND = timedelta(hours=1)

_log = logging.getLogger("petstore")


class Relay:
    """What takes due events to the queue.

    Args:
        store: where events and pets are kept.
        caps: how many mails a day there may be.
    """

    def __init__(self, store: Store, caps: Caps) -> None:
        self._events = store.events
        self._pets = store.pets
        self._caps = caps

    async def run(self) -> list[str]:
        """Mark up to 100 due events as relayed: each caller's in turn, oldest first.

        Events of what the pet does not show stay due for 10 seconds, while its write may be under
        way; then they are set aside a minute at a time. Ten minutes after they occurred they are
        dropped: it was never written, or is not so any more. Events over a cap
        wait for the next day. What fails stays due.

        Returns:
            A message for the queue for each event that was marked.
        """
        due = await find_due(self._events, timestamp(now()), BATCH + 1)
        if len(due) > BATCH:
            _log.warning("more than %d events are due; the next tick goes on", BATCH)
        free = asyncio.Semaphore(_AT_ONCE)

        async def take(kept: Stored[Event]) -> tuple[Event, Stored[Event]] | None:
            async with free:
                return await self._take(kept)

        taken = [one for one in await asyncio.gather(*map(take, due[:BATCH])) if one is not None]
        return [build_message(event) for event in await self._admit(taken)]

    async def _take(self, kept: Stored[Event]) -> tuple[Event, Stored[Event]] | None:
        """Mark an event as relayed; return it as it was and as it is kept now."""
        event = kept.value
        try:
            if event.type not in NOTICES:
                _log.warning("event %s waits: this release does not know its kind", event.id)
                await take_step(self._events, event.set_aside(now(), _UNKNOWN_KIND), kept.version)
            elif (has_happened := await self._has_happened(event)) is None:
                _log.info("event %s: its pet is deleted, no mail is sent", event.id)
                await take_step(self._events, event.settled(now()), kept.version)
            elif not has_happened:
                await self._wait_or_drop(kept)
            elif marked := await take_step(self._events, event.relayed(now()), kept.version):
                return event, marked
        except Exception:  # noqa: BLE001 - one event must not hold up the others
            _log.exception("event %s stays due", event.id)
        return None

    async def _has_happened(self, event: Event) -> bool | None:
        """Return whether the pet shows it; None where it is deleted, and nothing will show it."""
        try:
            pet = await self._pets.get(event.pet_id)
        except Unreadable:
            return True
        except NotFound:
            if event.order_id is None:
                return False  # its create may be under way
            other = NOTICES[event.type].other_end
            return await self._is_only_end(other, event.order_id) if other else None
        return NOTICES[event.type].has_happened(pet.value, event)

    async def _is_only_end(self, other: str, order_id: str) -> bool | None:
        """Return True for the end that an order had whose pet is deleted; None where two may be it.

        A pet stays while its order is live, and each end of an order has its event first. So where
        there is no event of the other end, this one has happened.
        """
        try:
            await self._events.get(order_event_id(other, order_id))
        except Unreadable:
            return None
        except NotFound:
            return True
        return None

    async def _wait_or_drop(self, kept: Stored[Event]) -> None:
        event, moment = kept.value, now()
        if event.occurred_at > timestamp(moment - UNDER_WAY):
            return
        if event.occurred_at > timestamp(moment - UNFINISHED):
            await take_step(self._events, event.set_aside(moment), kept.version)
            return
        with suppress(NotFound, VersionConflict):
            await self._events.remove(event.id, kept.version)
            _log.info("event %s is dropped: pet %s does not show it", event.id, event.pet_id)

    async def _admit(self, taken: Sequence[tuple[Event, Stored[Event]]]) -> list[Event]:
        """Return the events whose mails may go today; the others wait for tomorrow.

        Only who has marked an event counts it, so that of two relays one does.
        """
        uncounted = [event for event, _ in taken if not event.is_counted]
        try:
            over = await self._caps.admit(uncounted, now())
        except PetStoreError as error:
            _log.warning("caps cannot be checked, %d events stay due: %s", len(uncounted), error)
            over = dict.fromkeys((event.id for event in uncounted), "")
        for event, marked in taken:
            if event.id in over:
                await self._hold_back(event, marked, over[event.id])
        return [event for event, _ in taken if event.id not in over]

    async def _hold_back(self, event: Event, marked: Stored[Event], reason: str) -> None:
        held = event.held_back(now(), reason) if reason else event
        # Where this fails the event is due again in 10 minutes.
        with suppress(StoreUnavailable):
            await take_step(self._events, held, marked.version)
        if held.state == "failed":
            _log.error("%s: event %s: %s", FAILED, event.id, reason)
        elif reason:
            _log.warning("event %s waits for tomorrow: %s", event.id, reason)
