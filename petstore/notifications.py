"""Mails to owners of new pets: from the store to the queue, from the queue to the mail server."""

import asyncio
import json
import logging
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from petstore.errors import BadMessage, NotFound, StoreUnavailable, Unreadable, VersionConflict
from petstore.events import LATEST, UNDER_WAY, UNFINISHED, Event
from petstore.mail import Mailer, redacted
from petstore.mail_text import compose
from petstore.repository.port import Store, Stored
from petstore.timestamps import timestamp

BATCH = 100  # events that one call of relay takes

_AT_ONCE = 10  # events that are looked after at a time
_ATTEMPTS = 4
_PAUSE = 1.0  # seconds between attempts

_log = logging.getLogger("petstore")


class Notifications:
    """The three steps that follow a create.

    Args:
        store: where events and pets are kept.
        mailer: sends the mails; None to log them only.
        poison_queue: where failed messages lie; alerts look for this name in the log.
    """

    def __init__(self, store: Store, mailer: Mailer | None, poison_queue: str) -> None:
        self._store = store
        self._events = store.events
        self._mailer = mailer
        self._poison_queue = poison_queue

    async def relay(self) -> list[str]:
        """Mark up to 100 due events as relayed, those first that have been due longest.

        Events whose pet is not there stay due for 10 seconds, while their create may be under way;
        then they are set aside a minute at a time. Ten minutes after they occurred they are
        dropped: their create was never finished. What fails stays due.

        Returns:
            A message for the queue for each event that was marked.
        """
        due = await self._events.due(timestamp(_now()), BATCH + 1)
        if len(due) > BATCH:
            _log.warning("more than %d events are due; the next tick goes on", BATCH)
        free = asyncio.Semaphore(_AT_ONCE)

        async def take(kept: Stored[Event]) -> str | None:
            async with free:
                return await self._take(kept)

        messages = await asyncio.gather(*map(take, due[:BATCH]))
        return [message for message in messages if message is not None]

    async def deliver(self, message: bytes) -> None:
        """Mail what a message of the queue is about, unless that is done or being done.

        Raises:
            BadMessage: it is foreign or damaged, or its event does not exist.
            OSError: the mail server is unreachable or refuses (``smtplib``'s errors are these).
            StoreUnavailable: the store cannot answer.
        """
        now = _now()
        kept = await self._get_event(_read_event_id(message))
        if kept.value.state == "settled" or kept.value.is_claimed(now):
            _log.info("event %s is %s already", kept.value.id, kept.value.state)
            return
        claimed = kept.value.claimed(now)
        mine = await self._replace(claimed, kept.version)
        if mine is None:
            _log.info("event %s was taken by another process", claimed.id)
            return
        try:
            await self._send(claimed)
        except BaseException:
            await self._release(kept.value, mine.version)
            raise
        await self._settle(mine)

    async def give_up(self, message: bytes) -> None:
        """Log a message of the poison queue as an error, and mark its event as failed."""
        queue = self._poison_queue
        try:
            event_id = _read_event_id(message)
        except BadMessage as error:
            _log.error("%s: a foreign message (%d bytes): %s", queue, len(message), error)
            return
        _log.error("%s: event %s could not be delivered", queue, event_id)
        for _ in range(_ATTEMPTS):
            try:
                kept = await self._events.get(event_id)
            except NotFound:
                return
            if kept.value.state == "settled":
                return
            if await self._replace(kept.value.failed(_now()), kept.version):
                return
        raise StoreUnavailable("others keep changing this event")

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
        kept = await self._get_event(event_id)
        if kept.value.state == "settled" or kept.value.is_claimed(_now()):
            return None
        event = kept.value.renewed(_now())
        return event if await self._replace(event, kept.version) else None

    async def _get_event(self, event_id: str) -> Stored[Event]:
        try:
            return await self._events.get(event_id)
        except NotFound as error:
            raise BadMessage(str(error)) from None

    async def _replace(self, event: Event, version: str) -> Stored[Event] | None:
        """Return the event as it is kept now; None when others changed it meanwhile."""
        try:
            return await self._events.replace(event, version)
        except (NotFound, VersionConflict):
            return None

    async def _take(self, kept: Stored[Event]) -> str | None:
        event = kept.value
        try:
            if not await self._has_pet(event):
                await self._wait_or_drop(kept)
            elif await self._replace(event.relayed(_now()), kept.version):
                return _build_message(event)
        except Exception:  # noqa: BLE001 - one event must not hold up the others
            _log.exception("event %s stays due", event.id)
        return None

    async def _has_pet(self, event: Event) -> bool:
        try:
            await self._store.pets.get(event.pet_id)
        except Unreadable:
            return True
        except NotFound:
            return False
        return True

    async def _wait_or_drop(self, kept: Stored[Event]) -> None:
        event, now = kept.value, _now()
        if event.occurred_at > timestamp(now - UNDER_WAY):
            return
        if event.occurred_at > timestamp(now - UNFINISHED):
            await self._replace(event.set_aside(now), kept.version)
            return
        with suppress(NotFound, VersionConflict):
            await self._events.remove(event.id, kept.version)
            _log.info("event %s is dropped: there is no pet %s", event.id, event.pet_id)

    async def _send(self, event: Event) -> None:
        try:
            pet = (await self._store.pets.get(event.pet_id)).value
        except Unreadable:  # somebody may fix the pet; until then the event fails
            raise
        except NotFound:
            _log.info("event %s: its pet is deleted, no mail is sent", event.id)
            return
        if self._mailer is None:
            _log.info("SMTP_URL is not set; no mail to %s: event %s of pet %s",
                      redacted(event.owner_email), event.id, pet.id)  # fmt: skip
            return
        await self._mailer.send(compose(event, pet, self._mailer.sender))
        _log.info("event %s: mailed to %s", event.id, redacted(event.owner_email))

    async def _release(self, event: Event, version: str) -> None:
        # Where this fails too, the claim ends by itself, and the event is due again later.
        with suppress(StoreUnavailable):
            await self._replace(event, version)

    async def _settle(self, kept: Stored[Event]) -> None:
        """Settle, whatever it takes: the mail is out, and unsettled it would go out again."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                if await self._replace(kept.value.settled(_now()), kept.version):
                    return
                kept = await self._get_event(kept.value.id)
            except StoreUnavailable:
                if attempt == _ATTEMPTS:
                    raise
                await asyncio.sleep(_PAUSE)
        raise StoreUnavailable("others keep changing this event")


def _build_message(event: Event) -> str:
    # Without the address: who reads the queue needs to learn nothing of the owner.
    return json.dumps({"id": event.id, "type": event.type, "pet_id": event.pet_id})


def _read_event_id(message: bytes) -> str:
    """Return the event's id in a message; BadMessage when it is not one of ours."""
    try:
        content = json.loads(message)
    except ValueError as error:
        raise BadMessage(f"the message is not JSON: {error}") from None
    except RecursionError:
        raise BadMessage("the message is nested too deeply") from None
    if not isinstance(content, dict) or content.get("type") != "pet_created":
        raise BadMessage("the message is not an event of this app")
    event_id = content.get("id")
    try:
        return str(UUID(event_id))
    except (ValueError, TypeError, AttributeError):
        raise BadMessage("the message names no event") from None


def _now() -> datetime:
    return datetime.now(UTC)
