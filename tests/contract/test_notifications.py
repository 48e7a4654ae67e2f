"""From the event to the mail, on every store, with a real mail server."""

import asyncio
import json
import logging
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from petstore import notifications
from petstore.errors import BadMessage, NotFound, StoreUnavailable
from petstore.events import Event, pet_created
from petstore.ids import new_id
from petstore.mail import Mailer
from petstore.notifications import BATCH, Notifications
from petstore.pets import Pets
from petstore.repository.port import Store, Stored
from petstore.settings import read_settings
from petstore.timestamps import timestamp
from tests.mail_server import MailServer, mail_server

BODY: dict[str, object] = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture
def told(store: Store, server: MailServer) -> Notifications:
    """What is tested, on each store."""
    return _with_mail(store, server)


def _with_mail(store: Store, server: MailServer) -> Notifications:
    mail = read_settings({"SMTP_URL": server.url, "MAIL_FROM": "pets@shop.example"}).mail
    assert mail is not None
    return Notifications(store, Mailer(mail), "notifications-poison")


async def _kept(store: Store, message: str) -> Event:
    kept = await store.events.get(json.loads(message)["id"])
    return kept.value


async def _age(store: Store, event_id: str, minutes: float) -> None:
    """Let an event be some minutes older than it is."""
    kept = await store.events.get(event_id)
    times = {
        name: timestamp(datetime.fromisoformat(text) - timedelta(minutes=minutes))
        for name, text in vars(kept.value).items()
        if name in {"occurred_at", "since", "due_at"} and text
    }
    assert await store.events.replace(Event(**{**vars(kept.value), **times}), kept.version)


def _until(moment: str) -> timedelta:
    return datetime.fromisoformat(moment) - datetime.now(UTC)


async def test_from_create_to_mail(store: Store, told: Notifications, server: MailServer) -> None:
    """One create, one message, one mail; then the event is settled and never due again."""
    stored = (await Pets(store).create(BODY)).stored
    (message,) = await told.relay()
    assert "ada@example.com" not in message
    assert json.loads(message)["pet_id"] == stored.value.id
    assert (await _kept(store, message)).state == "relayed"
    await told.deliver(message.encode())
    assert server.mailbox.recipients == ["ada@example.com"]
    assert (await _kept(store, message)).state == "settled"
    await _age(store, json.loads(message)["id"], 60)
    assert await told.relay() == []
    assert await told.unsettled(10) == []
    assert await store.pets.get(stored.value.id) == stored


async def test_the_same_message_twice(
    store: Store, told: Notifications, server: MailServer
) -> None:
    """However often a message comes, alone or at once, one mail goes out."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    await asyncio.gather(*(told.deliver(message.encode()) for _ in range(8)))
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1


async def test_two_relays_at_once(store: Store, told: Notifications) -> None:
    """Two relays at once make one message for each event."""
    pets = Pets(store)
    await asyncio.gather(*(pets.create(BODY) for _ in range(20)))
    relayed = await asyncio.gather(told.relay(), told.relay())
    messages = [json.loads(message)["id"] for batch in relayed for message in batch]
    assert len(messages) == len(set(messages)) == 20


async def test_more_than_a_batch(
    store: Store, told: Notifications, caplog: pytest.LogCaptureFixture
) -> None:
    """With more than 100 due events the 100 oldest go, the log says so, the next call goes on."""
    pets = Pets(store)
    for _ in range(10):
        await asyncio.gather(*(pets.create(BODY) for _ in range(13)))
    assert len(await told.relay()) == BATCH
    assert "more than 100 events are due" in caplog.text
    caplog.clear()
    assert len(await told.relay()) == 30
    assert "more than" not in caplog.text


async def test_an_event_without_a_pet(
    store: Store, told: Notifications, caplog: pytest.LogCaptureFixture
) -> None:
    """An event whose pet is not there stays due, then waits a minute at a time, then is dropped."""
    caplog.set_level(logging.INFO)
    event = pet_created(new_id(), "ada@example.com", datetime.now(UTC))
    await store.events.add(event)
    assert await told.relay() == []
    kept = await store.events.get(event.id)
    assert kept.value == event
    await _age(store, event.id, 0.2)
    assert await told.relay() == []
    kept = await store.events.get(event.id)
    assert kept.value.due_at is not None
    assert timedelta(seconds=50) < _until(kept.value.due_at) < timedelta(seconds=61)
    await _age(store, event.id, 9)
    assert await told.relay() == []
    await _age(store, event.id, 1.2)
    assert await told.relay() == []
    with pytest.raises(NotFound):
        await store.events.get(event.id)
    assert f"event {event.id} is dropped" in caplog.text


async def test_waiting_events_hold_nobody_up(store: Store, told: Notifications) -> None:
    """A hundred creates that broke off do not keep a later event from being relayed."""
    early = datetime.now(UTC) - timedelta(minutes=1)
    await asyncio.gather(
        *(store.events.add(pet_created(new_id(), "a@b.example", early)) for _ in range(BATCH))
    )
    await Pets(store).create(BODY)
    assert await told.relay() == []
    assert len(await told.relay()) == 1


async def test_due_again(store: Store, told: Notifications, server: MailServer) -> None:
    """A message that is lost is made again ten minutes after the first, not earlier."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    event_id = json.loads(message)["id"]
    await _age(store, event_id, 9.9)
    assert await told.relay() == []
    await _age(store, event_id, 0.2)
    (again,) = await told.relay()
    await asyncio.gather(told.deliver(again.encode()), told.deliver(message.encode()))
    assert len(server.mailbox.envelopes) == 1


async def test_a_claim_ends(store: Store, told: Notifications, server: MailServer) -> None:
    """A claim whose holder is gone holds for five minutes, and the relay does not take it then."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    event_id = json.loads(message)["id"]
    kept = await store.events.get(event_id)
    await _age(store, event_id, 8)
    kept = await store.events.get(event_id)
    await store.events.replace(kept.value.claimed(datetime.now(UTC)), kept.version)
    await _age(store, event_id, 4.9)
    await told.deliver(message.encode())
    assert (await told.relay(), server.mailbox.envelopes) == ([], [])
    await _age(store, event_id, 0.2)
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1


async def test_a_mail_that_fails(store: Store, told: Notifications, server: MailServer) -> None:
    """A refused mail is an error, and the next try finds the event free."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    server.mailbox.answer = "451 later"
    for _ in range(4):
        with pytest.raises(smtplib.SMTPResponseException):
            await told.deliver(message.encode())
    assert (await _kept(store, message)).state == "relayed"
    server.mailbox.answer = "250 taken"
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1


async def test_given_up_and_retried(
    store: Store,
    told: Notifications,
    server: MailServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What lies in the poison queue is logged as an error and failed, until somebody retries it."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    event_id = json.loads(message)["id"]
    await told.give_up(message.encode())
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"notifications-poison: event {event_id}" in record.getMessage()
    (event,) = await told.unsettled(10)
    assert event.state == "failed"
    await _age(store, event_id, 0)
    assert await told.relay() == []
    retried = await told.retry(event_id)
    assert retried is not None
    assert retried.state == "new"
    (message,) = await told.relay()
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1
    assert await told.retry(event_id) is None


async def test_a_late_message_of_a_failed_event(
    store: Store, told: Notifications, server: MailServer
) -> None:
    """A second message of an event that failed is delivered all the same; then it is settled."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    await told.give_up(message.encode())
    await told.deliver(message.encode())
    await told.give_up(message.encode())
    assert (await _kept(store, message)).state == "settled"
    assert len(server.mailbox.envelopes) == 1


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff\xfe",
        b"hello",
        b"[" * 60_000,
        b"[]",
        b"null",
        b'{"id": 7, "type": "pet_created"}',
        b'{"type": "pet_created"}',
        b'{"id": "../pets", "type": "pet_created"}',
        b'{"id": "8d8ac610-566d-4ef0-9c22-186b2a5ed793", "type": "pet_sold"}',
        b'{"id": "8d8ac610-566d-4ef0-9c22-186b2a5ed793", "type": "pet_created"}',
        b"{" * 100_000,
    ],
)
async def test_messages_that_are_not_ours(
    told: Notifications, caplog: pytest.LogCaptureFixture, message: bytes
) -> None:
    """A message that is not ours, damaged or about nothing is an error, and logged as one."""
    with pytest.raises(BadMessage):
        await told.deliver(message)
    await told.give_up(message)
    assert "notifications-poison: " in caplog.text


async def test_a_pet_that_is_deleted(store: Store, told: Notifications, server: MailServer) -> None:
    """Where the pet has been deleted there is nothing to tell; the event is settled."""
    stored = (await Pets(store).create(BODY)).stored
    (message,) = await told.relay()
    await store.pets.remove(stored.value.id)
    await told.deliver(message.encode())
    assert server.mailbox.envelopes == []
    assert (await _kept(store, message)).state == "settled"


async def test_without_a_mail_server(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Without SMTP_URL the log tells what would have been sent, not to whom."""
    caplog.set_level(logging.INFO)
    told = Notifications(store, None, "notifications-poison")
    stored = (await Pets(store).create(BODY)).stored
    (message,) = await told.relay()
    await told.deliver(message.encode())
    assert f"no mail to a***@example.com: event {json.loads(message)['id']}" in caplog.text
    assert stored.value.id in caplog.text
    assert "ada@example.com" not in caplog.text
    assert (await _kept(store, message)).state == "settled"


async def test_a_settle_that_fails_is_tried_again(
    store: Store,
    told: Notifications,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the store is away after the mail went out, settling is tried again."""
    monkeypatch.setattr(notifications, "_PAUSE", 0.01)
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    replace, failures = store.events.replace, iter(range(3))

    async def flaky(event: Event, version: str) -> Stored[Event]:
        if event.state == "settled" and next(failures, None) is not None:
            raise StoreUnavailable("gone")
        return await replace(event, version)

    monkeypatch.setattr(store.events, "replace", flaky)
    await told.deliver(message.encode())
    assert (await _kept(store, message)).state == "settled"
    assert len(server.mailbox.envelopes) == 1


async def test_one_bad_event_does_not_hold_up_the_others(
    store: Store,
    told: Notifications,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What fails for one event is logged, and that event stays due; the others go."""
    first = (await Pets(store).create(BODY)).stored
    await Pets(store).create(BODY)
    get = store.pets.get

    async def failing(pet_id: str) -> object:
        if pet_id == first.value.id:
            raise StoreUnavailable("gone")
        return await get(pet_id)

    with monkeypatch.context() as patch:
        patch.setattr(store.pets, "get", failing)
        assert len(await told.relay()) == 1
    assert "stays due" in caplog.text
    assert len(await told.relay()) == 1


async def test_500_events(store: Store, told: Notifications, server: MailServer) -> None:
    """Of 500 events none is lost and none is mailed twice, with two relays and many consumers."""
    pets = Pets(store)
    for start in range(0, 500, 20):
        await asyncio.gather(
            *(
                pets.create({**BODY, "owner_email": f"owner{start + n}@example.com"})
                for n in range(20)
            )
        )
    free = asyncio.Semaphore(16)

    async def deliver(message: str) -> None:
        async with free:
            await told.deliver(message.encode())

    while messages := [
        m for batch in await asyncio.gather(told.relay(), told.relay()) for m in batch
    ]:
        await asyncio.gather(*map(deliver, messages * 2))
    assert sorted(server.mailbox.recipients) == sorted(f"owner{n}@example.com" for n in range(500))
