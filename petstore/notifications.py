"""From the queue to the mail server: one mail for each message, and what happens when it fails."""

import asyncio
import logging
from contextlib import suppress

from petstore.errors import BadMessage, NotFound, StoreUnavailable, Unreadable
from petstore.events import Event
from petstore.mail import Mailer, MailRefused, reason_of, redacted
from petstore.mail_text import BadAddress, compose
from petstore.messages import read_event_id
from petstore.notices import NOTICES
from petstore.pet import Pet
from petstore.repository.port import Store, Stored
from petstore.steps import FAILED, now, take_step

_ATTEMPTS = 4
# Seconds between the attempts to settle: shorter together than a claim holds.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)

_log = logging.getLogger("petstore")


class Notifications:
    """What becomes of the messages of the queue.

    Args:
        store: where events and pets are kept.
        mailer: sends the mails; None to log them only.
        poison_queue: where lies what met a bug five times; alerts look for this name in the log.
    """

    def __init__(self, store: Store, mailer: Mailer | None, poison_queue: str) -> None:
        self._events = store.events
        self._pets = store.pets
        self._mailer = mailer
        self._poison_queue = poison_queue

    async def deliver(self, message: bytes) -> None:
        """Mail what a message of the queue is about, unless that is done or being done.

        A mail that cannot go now waits in the store, not in the queue: its event becomes due again.
        So does the event while the store is unavailable.

        Raises:
            BadMessage: it is foreign or damaged, or its event does not exist.
        """
        event_id = read_event_id(message)
        try:
            claim = await self._claim(event_id)
        except StoreUnavailable as error:
            _log.warning("event %s becomes due again: %s", event_id, error)
            return
        if claim is None:
            return
        before, mine = claim
        try:
            ended = await self._send(mine.value)
        except BaseException:
            await self._leave(before, mine.version)
            raise
        if ended.state == "settled":
            await self._settle(mine)
        else:
            await self._leave(ended, mine.version)

    async def give_up(self, message: bytes) -> None:
        """Log a message of the poison queue as an error, and mark its event as failed."""
        queue = self._poison_queue
        try:
            event_id = read_event_id(message)
        except BadMessage as error:
            _log.error("%s: a foreign message (%d bytes): %s", queue, len(message), error)
            return
        _log.error("%s: event %s could not be delivered", queue, event_id)
        for _ in range(_ATTEMPTS):
            try:
                kept = await self._events.get(event_id)
            except NotFound:
                return
            if kept.value.state not in {"relayed", "sending"}:
                return
            failed = kept.value.failed(now(), f"its message is in {queue}")
            if await take_step(self._events, failed, kept.version):
                return
        raise StoreUnavailable("others keep changing this event")

    async def _claim(self, event_id: str) -> tuple[Event, Stored[Event]] | None:
        """Return an event as it was, and as it is kept now that we send its mail."""
        try:
            kept = await self._events.get(event_id)
        except NotFound as error:
            raise BadMessage(str(error)) from None
        moment = now()
        if not kept.value.is_deliverable(moment):
            _log.info("event %s is %s already", event_id, kept.value.state)
            return None
        mine = await take_step(self._events, kept.value.claimed(moment), kept.version)
        if mine is None:
            _log.info("event %s was taken by another process", event_id)
            return None
        return kept.value, mine

    async def _send(self, event: Event) -> Event:
        """Try to send an event's mail; return the event as it is then."""
        try:
            pet: Pet | None = (await self._pets.get(event.pet_id)).value
        except Unreadable:  # somebody may fix it
            return _postpone(event, "its pet cannot be read")
        except StoreUnavailable as error:
            return _postpone(event, str(error))
        except NotFound:
            pet = None
        notice = NOTICES[event.type]
        # The relay has seen it happen; where it tells an end, that lasts.
        is_so = notice.has_happened(pet, event) if pet else notice.other_end is not None
        if not is_so:
            _log.info("event %s: it is not so any more, no mail is sent", event.id)
            return event.settled(now())
        return await self._mail(event, pet)

    async def _mail(self, event: Event, pet: Pet | None) -> Event:
        shown = redacted(event.address)
        if self._mailer is None:
            _log.info("SMTP_URL is not set; no mail to %s: event %s of pet %s",
                      shown, event.id, event.pet_id)  # fmt: skip
            return event.settled(now())
        try:
            await self._mailer.send(compose(event, pet, self._mailer.sender))
        except (BadAddress, MailRefused) as error:
            return _fail(event, reason_of(error))
        except OSError as error:
            return _postpone(event, reason_of(error))
        _log.info("event %s: mailed to %s", event.id, shown)
        return event.settled(now())

    async def _leave(self, event: Event, version: str) -> None:
        # Where this fails too, the claim ends by itself, and the event is due again later.
        with suppress(StoreUnavailable):
            await take_step(self._events, event, version)

    async def _settle(self, kept: Stored[Event]) -> None:
        """Settle, whatever it takes: the mail is out, and unsettled it would go out again."""
        for pause in (*_PAUSES, None):
            try:
                if await take_step(self._events, kept.value.settled(now()), kept.version):
                    return
                kept = await self._events.get(kept.value.id)
            except NotFound:
                return
            except StoreUnavailable:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise StoreUnavailable("others keep changing this event")


def _postpone(event: Event, reason: str) -> Event:
    later = event.postponed(now(), reason)
    if later.state == "failed":
        return _logged_failure(later)
    _log.warning("event %s waits until %s: %s", event.id, later.due_at, reason)
    return later


def _fail(event: Event, reason: str) -> Event:
    return _logged_failure(event.failed(now(), reason))


def _logged_failure(event: Event) -> Event:
    _log.error("%s: event %s at try %d: %s", FAILED, event.id, event.tries + 1, event.reason)
    return event
