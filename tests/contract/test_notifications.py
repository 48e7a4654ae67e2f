"""From the event to the mail, on every store, with a real mail server."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from petstore import notifications, relay
from petstore.errors import BadMessage, NotFound, StoreUnavailable
from petstore.events import KEPT_SECONDS, LATEST, Event
from petstore.identity import Caller
from petstore.ids import new_id
from petstore.mail_settings import MailCaps
from petstore.pets import Pets
from petstore.relay import BATCH
from petstore.repository.port import Store, Stored
from petstore.steps import FAILED
from tests.contract.samples import pet_created
from tests.contract.telling import Told, age, kept_event, mailer_to
from tests.mail_server import MailServer, mail_server
from tests.ports import free_port

BODY: dict[str, object] = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture
def told(store: Store, server: MailServer) -> Told:
    """What is tested, on each store."""
    return Told(store, mailer_to(server.url))


def _until(moment: str) -> timedelta:
    return datetime.fromisoformat(moment) - datetime.now(UTC)


async def test_from_create_to_mail(store: Store, told: Told, server: MailServer) -> None:
    """One create, one message, one mail; then the event is settled and never due again."""
    stored = (await Pets(store).create(BODY)).stored
    (message,) = await told.relay()
    assert "ada@example.com" not in message
    assert json.loads(message)["pet_id"] == stored.value.id
    assert (await kept_event(store, message)).state == "relayed"
    await told.deliver(message.encode())
    assert server.mailbox.recipients == ["ada@example.com"]
    assert (await kept_event(store, message)).state == "settled"
    await age(store, json.loads(message)["id"], 60)
    assert await told.relay() == []
    assert await told.unsettled(10) == []
    assert await store.pets.get(stored.value.id) == stored


async def test_the_same_message_twice(store: Store, told: Told, server: MailServer) -> None:
    """However often a message comes, alone or at once, one mail goes out."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    await asyncio.gather(*(told.deliver(message.encode()) for _ in range(8)))
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1


async def test_two_relays_at_once(store: Store, told: Told) -> None:
    """Two relays at once make one message for each event."""
    pets = Pets(store)
    await asyncio.gather(*(pets.create(BODY) for _ in range(20)))
    relayed = await asyncio.gather(told.relay(), told.relay())
    messages = [json.loads(message)["id"] for batch in relayed for message in batch]
    assert len(messages) == len(set(messages)) == 20


async def test_more_than_a_batch(
    store: Store, told: Told, caplog: pytest.LogCaptureFixture
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
    store: Store, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    """An event whose pet is not there stays due, then waits a minute at a time, then is dropped."""
    caplog.set_level(logging.INFO)
    event = pet_created(new_id(), "ada@example.com", datetime.now(UTC))
    await store.events.add(event)
    assert await told.relay() == []
    kept = await store.events.get(event.id)
    assert kept.value == event
    await age(store, event.id, 0.2)
    assert await told.relay() == []
    kept = await store.events.get(event.id)
    assert kept.value.due_at is not None
    assert timedelta(seconds=50) < _until(kept.value.due_at) < timedelta(seconds=61)
    await age(store, event.id, 9)
    assert await told.relay() == []
    await age(store, event.id, 1.2)
    assert await told.relay() == []
    with pytest.raises(NotFound):
        await store.events.get(event.id)
    assert f"event {event.id} is dropped" in caplog.text


async def test_waiting_events_hold_nobody_up(store: Store, told: Told) -> None:
    """A hundred creates that broke off do not keep a later event from being relayed."""
    early = datetime.now(UTC) - timedelta(minutes=1)
    await asyncio.gather(
        *(store.events.add(pet_created(new_id(), "a@b.example", early)) for _ in range(BATCH))
    )
    await Pets(store).create(BODY)
    assert await told.relay() == []
    assert len(await told.relay()) == 1


async def test_due_again(store: Store, told: Told, server: MailServer) -> None:
    """A message that is lost is made again ten minutes after the first, not earlier."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    event_id = json.loads(message)["id"]
    await age(store, event_id, 9.9)
    assert await told.relay() == []
    await age(store, event_id, 0.2)
    (again,) = await told.relay()
    await asyncio.gather(told.deliver(again.encode()), told.deliver(message.encode()))
    assert len(server.mailbox.envelopes) == 1


async def test_a_claim_ends(store: Store, told: Told, server: MailServer) -> None:
    """A claim whose holder is gone holds for five minutes, and the relay does not take it then."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    event_id = json.loads(message)["id"]
    kept = await store.events.get(event_id)
    await age(store, event_id, 8)
    kept = await store.events.get(event_id)
    await store.events.replace(kept.value.claimed(datetime.now(UTC)), kept.version)
    await age(store, event_id, 4.9)
    await told.deliver(message.encode())
    assert (await told.relay(), server.mailbox.envelopes) == ([], [])
    await age(store, event_id, 0.2)
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1


PASSING = {
    "451 to the text": {"answer": "451 4.3.0 later"},
    "450 to the recipient": {"refused": "450 4.2.1 greylisted"},
    "421, and the connection ends": {"refused": "421 4.3.2 closing"},
    "530 to the recipient": {"refused": "530 5.7.0 log in first"},
}
LASTING = {
    "550 to the recipient": {"refused": "550 5.1.1 no such user"},
    "554 to the text": {"answer": "554 5.7.1 spam"},
    "552 to the recipient": {"refused": "552 5.2.2 full"},
}


@pytest.mark.parametrize("behaviour", PASSING.values(), ids=PASSING)
async def test_what_may_pass(
    store: Store, told: Told, server: MailServer, behaviour: dict[str, str]
) -> None:
    """A temporary refusal puts the event off; then the mail goes, once."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    vars(server.mailbox).update(behaviour)
    await told.deliver(message.encode())
    event = await kept_event(store, message)
    assert (event.state, event.tries) == ("new", 1)
    assert "".join(behaviour.values())[:3] in (event.reason or "")
    vars(server.mailbox).update(answer="250 taken", refused="")
    await told.deliver(message.encode())  # a second message does not shorten the pause
    assert (await told.relay(), server.mailbox.envelopes) == ([], [])
    await age(store, event.id, 1.1)
    (message,) = await told.relay()
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1
    assert (await kept_event(store, message)).state == "settled"


async def test_an_outage_of_days(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """While nobody answers there are tries for five days, with growing pauses; then it failed."""
    told = Told(store, mailer_to(f"smtp://127.0.0.1:{free_port()}"))
    await Pets(store).create(BODY)
    pauses = []
    for _ in range(100):
        (message,) = await told.relay()
        await told.deliver(message.encode())
        event = await kept_event(store, message)
        if event.state == "failed":
            break
        pause = _until(event.due_at or "")
        pauses.append(round(pause / timedelta(minutes=1)))
        await age(store, event.id, pause / timedelta(minutes=1) + 0.01)
    assert pauses[:7] == [1, 5, 15, 30, 60, 120, 180]
    assert set(pauses[7:]) == {180}
    assert 5 * 24 * 60 <= sum(pauses) <= 5 * 24 * 60 + 180
    assert sum(pauses) * 60 < KEPT_SECONDS
    assert "ConnectionRefusedError" in (event.reason or "")
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage().startswith(FAILED)


@pytest.mark.parametrize("behaviour", LASTING.values(), ids=LASTING)
async def test_what_lasts(
    store: Store,
    told: Told,
    server: MailServer,
    caplog: pytest.LogCaptureFixture,
    behaviour: dict[str, str],
) -> None:
    """A permanent refusal fails the event at once: there is one try, and an error for the alert."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    vars(server.mailbox).update(behaviour)
    await told.deliver(message.encode())
    event = await kept_event(store, message)
    assert (event.state, event.due_at) == ("failed", LATEST)
    assert "".join(behaviour.values())[:3] in (event.reason or "")
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage().startswith(f"{FAILED}: event {event.id}")
    vars(server.mailbox).update(answer="250 taken", refused="")
    await told.deliver(message.encode())
    assert server.mailbox.envelopes == []


async def test_an_address_that_makes_no_mail(store: Store, told: Told) -> None:
    """An address such as an older release took, and no header can hold, fails the event at once."""
    await Pets(store).create(BODY)
    (kept,) = await store.events.due(LATEST, 10)
    await store.events.replace(replace(kept.value, address="=?utf-8?q?a?=@e.com"), kept.version)
    (message,) = await told.relay()
    await told.deliver(message.encode())
    assert (await kept_event(store, message)).state == "failed"


@pytest.mark.parametrize("call", ["get", "replace"])
async def test_the_store_is_away(
    store: Store, told: Told, server: MailServer, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """While the store is unavailable no message fails, and the mail goes when it is back."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()

    async def fail(*_: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store.events, call, fail)
        for _ in range(5):
            await told.deliver(message.encode())
    await age(store, json.loads(message)["id"], 11)
    (message,) = await told.relay()
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1


async def test_all_failed_at_once(store: Store, told: Told, server: MailServer) -> None:
    """One call makes every failed event due again, and leaves the pending ones alone."""
    pets = Pets(store)
    server.mailbox.refused = "550 no"
    for start in range(0, 210, 15):
        await asyncio.gather(*(pets.create(BODY) for _ in range(start, start + 15)))
    for _ in range(2):
        await asyncio.gather(*(told.deliver(m.encode()) for m in (await told.relay())[:60]))
    assert [event.state for event in await told.unsettled(300)].count("failed") == 120
    assert await told.retry_failed() == 120
    assert "failed" not in {event.state for event in await told.unsettled(300)}
    assert await told.retry_failed() == 0


async def test_a_bug(
    store: Store, told: Told, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody expects leaves the function, for the host to try again, and frees the event."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    with monkeypatch.context() as patch:
        patch.setattr(notifications, "compose", lambda *_: 1 / 0)
        for _ in range(4):
            with pytest.raises(ZeroDivisionError):
                await told.deliver(message.encode())
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1


async def test_caps(store: Store, server: MailServer, caplog: pytest.LogCaptureFixture) -> None:
    """An address and a caller get so many mails a day and no more; the others wait for tomorrow."""
    caps = MailCaps(per_address=3, per_caller=5)
    told = Told(store, mailer_to(server.url), caps)
    ada, bo = Pets(store, Caller("ada")), Pets(store, Caller("bo"))
    for number in range(4):
        await ada.create({**BODY, "owner_email": "victim@example.com"})
        await ada.create({**BODY, "owner_email": f"other{number}@example.com"})
        await bo.create({**BODY, "owner_email": "Victim+x@Example.com"})
    while messages := await told.relay():
        await asyncio.gather(*(told.deliver(message.encode()) for message in messages))
    found = Counter(address.casefold().replace("+x", "") for address in server.mailbox.recipients)
    assert found["victim@example.com"] == 3
    assert found.total() <= 5 + 3
    waiting = await told.unsettled(20)
    assert len(waiting) == 12 - found.total()
    midnight = (datetime.now(UTC) + timedelta(days=1)).date().isoformat() + "T00:00:00.000Z"
    assert {(event.state, event.due_at) for event in waiting} == {("new", midnight)}
    assert "waits for tomorrow: more than 3 mails on one day for this address" in caplog.text
    assert "victim" not in caplog.text


async def test_caps_over_days(
    store: Store, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is over the cap goes on the next days; what is still over it after five days failed."""
    told = Told(store, mailer_to(server.url), MailCaps(per_address=2, per_caller=0))
    for _ in range(20):
        await Pets(store).create(BODY)
    begin = datetime.now(UTC)
    for day in range(7):
        moment = begin + timedelta(days=day)
        monkeypatch.setattr(relay, "now", lambda moment=moment: moment)
        monkeypatch.setattr(notifications, "now", lambda moment=moment: moment)
        for message in await told.relay():
            await told.deliver(message.encode())
        assert len(server.mailbox.envelopes) == min(2 * (day + 1), 12)
    failed = await told.unsettled(20)
    assert {event.state for event in failed} == {"failed"}
    assert len(failed) == 8


async def test_caps_of_two_relays(store: Store, server: MailServer) -> None:
    """Two relays at once count each mail once, and keep the cap."""
    told = Told(store, mailer_to(server.url), MailCaps(per_address=20, per_caller=0))
    pets = Pets(store)
    await asyncio.gather(*(pets.create(BODY) for _ in range(25)))
    relayed = await asyncio.gather(told.relay(), told.relay())
    assert len([message for batch in relayed for message in batch]) == 20
    assert await told.relay() == []


async def test_caps_that_cannot_be_checked(
    store: Store, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the quotas are unavailable the events stay due, and go later."""
    told = Told(store, mailer_to(server.url), MailCaps(per_address=20, per_caller=20))
    await Pets(store).create(BODY)

    async def fail(*_: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store.quotas, "get", fail)
        assert await told.relay() == []
    assert len(await told.relay()) == 1


async def test_a_mail_counts_once(store: Store, server: MailServer) -> None:
    """However often a mail is tried, it counts once."""
    told = Told(store, mailer_to(server.url), MailCaps(per_address=2, per_caller=2))
    await Pets(store).create(BODY)
    server.mailbox.answer = "451 later"
    for _ in range(4):
        (message,) = await told.relay()
        await told.deliver(message.encode())
        await age(store, json.loads(message)["id"], 31)
    await Pets(store).create(BODY)
    assert len(await told.relay()) == 2


async def test_callers_take_turns(store: Store, told: Told) -> None:
    """A thousand mails that wait of one caller hold up nobody's few."""
    pet_id = (await Pets(store).create({**BODY, "owner_email": None})).stored.value.id
    long_ago, free = datetime.now(UTC) - timedelta(minutes=1), asyncio.Semaphore(20)

    async def add(caller: str | None) -> None:
        event = pet_created(new_id(), "ada@example.com", long_ago, caller)
        async with free:
            await store.events.add(replace(event, pet_id=pet_id))

    await asyncio.gather(*(add("abuser") for _ in range(1_000)))
    for name in ("ada", "bo", None):
        for _ in range(2):
            await Pets(store, Caller(name)).create(BODY)
    events = [await kept_event(store, message) for message in await told.relay()]
    assert len(events) == BATCH
    assert Counter(event.caller for event in events) == {
        "abuser": BATCH - 6,
        "ada": 2,
        "bo": 2,
        None: 2,
    }


async def test_given_up_and_retried(
    store: Store,
    told: Told,
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
    await age(store, event_id, 0)
    assert await told.relay() == []
    retried = await told.retry(event_id)
    assert retried is not None
    assert retried.state == "new"
    (message,) = await told.relay()
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1
    assert await told.retry(event_id) is None


async def test_a_late_message_of_a_failed_event(
    store: Store, told: Told, server: MailServer
) -> None:
    """An event that failed stays failed until somebody retries it, whatever messages come."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    await told.give_up(message.encode())
    await told.deliver(message.encode())
    await told.give_up(message.encode())
    assert (await kept_event(store, message)).state == "failed"
    assert server.mailbox.envelopes == []


async def test_a_late_poison_message(store: Store, told: Told, server: MailServer) -> None:
    """An event that somebody has retried does not fail by the message of before."""
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    await told.give_up(message.encode())
    await told.retry(json.loads(message)["id"])
    await told.give_up(message.encode())
    (message,) = await told.relay()
    await told.deliver(message.encode())
    assert len(server.mailbox.envelopes) == 1


async def test_a_kind_of_a_newer_release(store: Store, told: Told) -> None:
    """An event of a kind that this release does not know waits, and is kept."""
    event = replace(pet_created(new_id(), "a@b.example", datetime.now(UTC)), type="pet_sold")
    await store.events.add(event)
    assert await told.relay() == []
    kept = (await store.events.get(event.id)).value
    assert kept == replace(event, due_at=kept.due_at)
    assert timedelta(minutes=59) < _until(kept.due_at or "") < timedelta(minutes=61)


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
        b'{"type": ["pet_created"], "id": "8d8ac610-566d-4ef0-9c22-186b2a5ed793"}',
        b'{"type": 1' + b"0" * 5_000 + b"}",
        b'{"id": "../pets", "type": "pet_created"}',
        b'{"id": "8d8ac610-566d-4ef0-9c22-186b2a5ed793", "type": "pet_sold"}',
        b'{"id": "8d8ac610-566d-4ef0-9c22-186b2a5ed793", "type": "pet_created"}',
        b"{" * 100_000,
    ],
)
async def test_messages_that_are_not_ours(
    told: Told, caplog: pytest.LogCaptureFixture, message: bytes
) -> None:
    """A message that is not ours, damaged or about nothing is an error, and logged as one."""
    with pytest.raises(BadMessage):
        await told.deliver(message)
    await told.give_up(message)
    assert "notifications-poison: " in caplog.text


async def test_a_pet_that_is_deleted(store: Store, told: Told, server: MailServer) -> None:
    """Where the pet has been deleted there is nothing to tell; the event is settled."""
    stored = (await Pets(store).create(BODY)).stored
    (message,) = await told.relay()
    await store.pets.remove(stored.value.id)
    await told.deliver(message.encode())
    assert server.mailbox.envelopes == []
    assert (await kept_event(store, message)).state == "settled"


async def test_without_a_mail_server(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Without SMTP_URL the log tells what would have been sent, not to whom."""
    caplog.set_level(logging.INFO)
    told = Told(store, None)
    stored = (await Pets(store).create(BODY)).stored
    (message,) = await told.relay()
    await told.deliver(message.encode())
    assert f"no mail to a***@example.com: event {json.loads(message)['id']}" in caplog.text
    assert stored.value.id in caplog.text
    assert "ada@example.com" not in caplog.text
    assert (await kept_event(store, message)).state == "settled"


async def test_a_settle_that_fails_is_tried_again(
    store: Store,
    told: Told,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the store is away after the mail went out, settling is tried again."""
    monkeypatch.setattr(notifications, "_PAUSES", (0.01,) * 3)
    await Pets(store).create(BODY)
    (message,) = await told.relay()
    replace, failures = store.events.replace, iter(range(3))

    async def flaky(event: Event, version: str) -> Stored[Event]:
        if event.state == "settled" and next(failures, None) is not None:
            raise StoreUnavailable("gone")
        return await replace(event, version)

    monkeypatch.setattr(store.events, "replace", flaky)
    await told.deliver(message.encode())
    assert (await kept_event(store, message)).state == "settled"
    assert len(server.mailbox.envelopes) == 1


async def test_one_bad_event_does_not_hold_up_the_others(
    store: Store,
    told: Told,
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


async def test_500_events(store: Store, told: Told, server: MailServer) -> None:
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
