"""All that follows an event, on one store and one mail server; and time that passes for events."""

import json
from datetime import datetime, timedelta

from petstore.backlog import Backlog
from petstore.events import LATEST, Event
from petstore.mail import Mailer
from petstore.mail_caps import NO_CAPS, Caps
from petstore.mail_settings import MailCaps
from petstore.notifications import Notifications
from petstore.relay import Relay
from petstore.repository.port import Store
from petstore.settings import read_settings
from petstore.timestamps import timestamp


class Told:
    """What takes events from a store to a mail server."""

    def __init__(self, store: Store, mailer: Mailer | None, caps: MailCaps = NO_CAPS) -> None:
        backlog = Backlog(store.events)
        notifications = Notifications(store, mailer, "notifications-poison")
        self.relay = Relay(store, Caps(store.quotas, caps)).run
        self.deliver = notifications.deliver
        self.give_up = notifications.give_up
        self.unsettled = backlog.unsettled
        self.retry = backlog.retry
        self.retry_failed = backlog.retry_failed

    async def mail_all(self) -> None:
        """Relay and mail whatever is due, until nothing is."""
        while messages := await self.relay():
            for message in messages:
                await self.deliver(message.encode())


def mailer_to(url: str) -> Mailer:
    """Return a mailer to a mail server."""
    mail = read_settings({"SMTP_URL": url, "MAIL_FROM": "pets@shop.example"}).mail
    assert mail is not None
    return Mailer(mail)


async def kept_event(store: Store, message: str) -> Event:
    """Return the event that a message is about."""
    kept = await store.events.get(json.loads(message)["id"])
    return kept.value


async def age(store: Store, event_id: str, minutes: float) -> None:
    """Let an event be some minutes older than it is."""
    kept = await store.events.get(event_id)
    times = {
        name: timestamp(datetime.fromisoformat(text) - timedelta(minutes=minutes))
        for name, text in vars(kept.value).items()
        if name in {"occurred_at", "since", "due_at"} and text
    }
    assert await store.events.replace(Event(**{**vars(kept.value), **times}), kept.version)


async def age_all(store: Store, minutes: float) -> None:
    """Let every event that is not settled be some minutes older than it is."""
    for kept in await store.events.due(LATEST, 1_000):
        await age(store, kept.value.id, minutes)
