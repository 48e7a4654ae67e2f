"""Mails about orders, on every store, with a real mail server."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from petstore import patience
from petstore.errors import (
    NotAvailable,
    OrderNotFound,
    PetStoreError,
    StoreUnavailable,
    VersionConflict,
    WrongStep,
)
from petstore.events import LATEST, Event
from petstore.identity import Caller
from petstore.limits import ORDER_STATUSES
from petstore.mail_settings import MailCaps
from petstore.notices import NOTICES, ORDER_KINDS
from petstore.orders import Orders
from petstore.pet import Pet
from petstore.pets import Pets
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.port import Store, Stored
from tests.contract.samples import Broken, a_pet
from tests.contract.telling import Told, age_all, mailer_to
from tests.contract.two_partitions import Fault, TwoPartitions
from tests.mail_server import MailServer, mail_server

_ADA, _BOB = Caller("ada"), Caller("bob")
_OWNER, _BUYER = "ada@example.com", "bob@example.com"
_ORDER: dict[str, object] = {"contact_email": _BUYER, "note": "secret evil.example"}
_SUBJECTS = {
    "place": "Your pet has been ordered at PetStore",
    "approve": "Your order at PetStore has been approved",
    "deliver": "Your order at PetStore has been delivered",
    "cancel": "Your order at PetStore has been cancelled",
}
_STEPS: dict[str, Callable[[Store, str], Awaitable[object]]] = {
    "place": lambda store, pet_id: Orders(store, _BOB).place(pet_id, _ORDER),
    "approve": lambda store, pet_id: Orders(store, _ADA).patch(pet_id, {"status": "approved"}),
    "deliver": lambda store, pet_id: Orders(store, _ADA).patch(pet_id, {"status": "delivered"}),
    "cancel": lambda store, pet_id: Orders(store, _BOB).cancel(pet_id),
}
# What is done before each step.
_BEFORE = {
    "place": (),
    "approve": ("place",),
    "deliver": ("place", "approve"),
    "cancel": ("place",),
}


@pytest.fixture(autouse=True)
def _much_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no change give up here, however busy the machine is."""
    monkeypatch.setattr(patience, "BUDGET", 60.0)


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture
def told(store: Store, server: MailServer) -> Told:
    """What takes events to the mail server."""
    return Told(store, mailer_to(server.url))


async def _mail_until_dropped(store: Store, told: Told) -> None:
    """Mail what is due now, a minute later, and when what never happened has been dropped."""
    for minutes in (0, 1, 11):
        await age_all(store, minutes)
        await told.mail_all()


async def _a_pet(store: Store, **details: object) -> str:
    pet = a_pet(**{"owner_id": "ada", "owner_email": _OWNER, **details})
    return (await store.pets.add(pet)).value.id


async def _a_pet_before(store: Store, told: Told, server: MailServer, step: str) -> str:
    """Return a pet that is ready for a step; all mails before are out."""
    pet_id = await _a_pet(store)
    for earlier in _BEFORE[step]:
        await _STEPS[earlier](store, pet_id)
    await told.mail_all()
    server.mailbox.envelopes.clear()
    return pet_id


def _mails(server: MailServer) -> list[tuple[str, str]]:
    return [(mail["To"], mail["Subject"]) for mail in server.mailbox.mails]


def _mail_of(step: str) -> tuple[str, str]:
    return (_OWNER if step == "place" else _BUYER, _SUBJECTS[step])


async def _crash(*_: object) -> Stored[Pet]:
    raise Broken


async def _pending(store: Store) -> list[Event]:
    return [kept.value for kept in await store.events.due(LATEST, 1_000)]


def test_each_status_has_its_kind() -> None:
    """Whatever an order comes to, somebody is told, by a row of the table."""
    assert set(ORDER_KINDS) == {*ORDER_STATUSES, None}
    assert {*ORDER_KINDS.values(), "pet_created"} == set(NOTICES)


@pytest.mark.parametrize("step", _STEPS)
async def test_who_hears_of_what(store: Store, told: Told, server: MailServer, step: str) -> None:
    """The owner hears of an order, the buyer of what becomes of it: once, with the order's id."""
    pet_id = await _a_pet_before(store, told, server, step)
    before = (await store.pets.get(pet_id)).value.order
    await _STEPS[step](store, pet_id)
    await told.mail_all()
    assert _mails(server) == [_mail_of(step)]
    order = (await store.pets.get(pet_id)).value.order or before
    assert order is not None
    (mail,) = server.mailbox.mails
    for part in mail.iter_parts():
        text = part.get_content()
        assert pet_id in text
        assert order.id in text
        assert "secret" not in text
        assert (_OWNER if step != "place" else _BUYER) not in text
    await age_all(store, 60)
    await told.mail_all()
    assert len(server.mailbox.envelopes) == 1
    assert await _pending(store) == []


async def test_a_whole_life(store: Store, told: Told, server: MailServer) -> None:
    """An order that is placed, approved and delivered within one tick is told of in three mails."""
    pet_id = await _a_pet(store)
    for step in ("place", "approve", "deliver"):
        await _STEPS[step](store, pet_id)
    await told.mail_all()
    assert Counter(_mails(server)) == Counter(map(_mail_of, ("place", "approve", "deliver")))


async def test_nobody_without_an_address(store: Store) -> None:
    """Without addresses there are no events, and so no further writes."""
    pet_id = await _a_pet(store, owner_email=None)
    await Orders(store, _BOB).place(pet_id, {})
    await Orders(store, _ADA).patch(pet_id, {"status": "approved"})
    await Orders(store, _BOB).cancel(pet_id)
    assert await _pending(store) == []


async def test_a_lost_race_mails_nobody(store: Store, told: Told, server: MailServer) -> None:
    """Of 20 buyers at once one gets the pet, and the owner hears of that one order, once."""
    pet_id = await _a_pet(store)
    await asyncio.gather(
        *(Orders(store, Caller(f"u{n}")).place(pet_id, {}) for n in range(20)),
        return_exceptions=True,
    )
    await told.mail_all()
    order = (await store.pets.get(pet_id)).value.order
    assert order is not None
    (mail,) = server.mailbox.mails
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert order.id in plain.get_content()
    for minutes in (0.2, 11):
        await age_all(store, minutes)
        await told.mail_all()
    assert len(server.mailbox.envelopes) == 1
    assert await _pending(store) == []


@pytest.mark.parametrize("step", ["approve", "deliver"])
async def test_cancelled_at_the_same_time(
    store: Store, told: Told, server: MailServer, step: str
) -> None:
    """Of a step and a cancellation at once, the buyer hears what the pet then shows, not both."""
    pet_ids = [await _a_pet_before(store, told, server, step) for _ in range(8)]
    await told.mail_all()
    server.mailbox.envelopes.clear()
    await asyncio.gather(
        *(_STEPS[one](store, pet_id) for pet_id in pet_ids for one in (step, "cancel")),
        return_exceptions=True,
    )
    await told.mail_all()
    kept = [(await store.pets.get(pet_id)).value.order for pet_id in pet_ids]
    shown = ["cancel" if order is None else step for order in kept]
    assert Counter(_mails(server)) == Counter(map(_mail_of, shown))
    for minutes in (0.2, 11):
        await age_all(store, minutes)
        await told.mail_all()
    assert len(server.mailbox.envelopes) == len(pet_ids)
    assert await _pending(store) == []


@pytest.mark.parametrize("step", ["approve", "deliver", "cancel"])
async def test_many_at_once(store: Store, told: Told, server: MailServer, step: str) -> None:
    """Twenty equal requests at once are all answered, none with a 503, and make one mail."""
    pet_id = await _a_pet_before(store, told, server, step)
    results = await asyncio.gather(
        *(_STEPS[step](store, pet_id) for _ in range(20)), return_exceptions=True
    )
    assert {type(one) for one in results if isinstance(one, BaseException)} <= {OrderNotFound}
    await told.mail_all()
    assert _mails(server) == [_mail_of(step)]


@pytest.mark.parametrize("step", _STEPS)
async def test_killed_before_the_write(
    store: Store,
    told: Told,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Killed between event and write nobody is told; whenever it is repeated, there is one mail."""
    for minutes in (0, 1, 11):
        pet_id = await _a_pet_before(store, told, server, step)
        with monkeypatch.context() as patch:
            patch.setattr(store.pets, "replace", _crash)
            with pytest.raises(Broken):
                await _STEPS[step](store, pet_id)
        assert len(await _pending(store)) == 1
        await age_all(store, minutes)
        await told.mail_all()
        assert server.mailbox.envelopes == []
        await _STEPS[step](store, pet_id)
        for later in (0, 2, 11):
            await age_all(store, later)
            await told.mail_all()
        assert _mails(server) == [_mail_of(step)]
        assert await _pending(store) == []


@pytest.mark.parametrize("step", _STEPS)
async def test_killed_after_the_write(
    store: Store,
    told: Told,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Killed after the write the mail goes all the same, and a repetition makes no second one."""
    pet_id = await _a_pet_before(store, told, server, step)
    write = store.pets.replace

    async def crash(item: Pet, version: str | None = None) -> Stored[Pet]:
        await write(item, version)
        raise Broken

    with monkeypatch.context() as patch:
        patch.setattr(store.pets, "replace", crash)
        with pytest.raises(Broken):
            await _STEPS[step](store, pet_id)
    if step == "cancel":
        with pytest.raises(OrderNotFound):
            await _STEPS[step](store, pet_id)
    else:
        await _STEPS[step](store, pet_id)
    await told.mail_all()
    assert _mails(server) == [_mail_of(step)]


@pytest.mark.parametrize("step", _STEPS)
async def test_the_event_cannot_be_kept(
    store: Store, told: Told, server: MailServer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """While events cannot be kept nothing changes: no order without its mail."""
    pet_id = await _a_pet_before(store, told, server, step)
    before = await store.pets.get(pet_id)

    async def fail(_: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store.events, "add", fail)
        with pytest.raises(StoreUnavailable):
            await _STEPS[step](store, pet_id)
    assert await store.pets.get(pet_id) == before


async def test_refusals_make_no_event(store: Store) -> None:
    """What is refused before anything is written leaves no event either."""
    pet_id = await _a_pet(store)
    bob, ada = Orders(store, _BOB), Orders(store, _ADA)
    refused: list[tuple[type[PetStoreError], Callable[[], Awaitable[object]]]] = [
        (OrderNotFound, lambda: bob.cancel(pet_id)),
        (VersionConflict, lambda: bob.place(pet_id, _ORDER, lambda _: False)),
    ]
    for kind, call in refused:
        with pytest.raises(kind):
            await call()
    assert await _pending(store) == []
    await bob.place(pet_id, _ORDER)
    count = len(await _pending(store))
    with pytest.raises(WrongStep):
        await ada.patch(pet_id, {"status": "delivered"})
    with pytest.raises(NotAvailable):
        await Orders(store, Caller("eve")).place(pet_id, {})
    await bob.place(pet_id, _ORDER)
    assert len(await _pending(store)) == count


async def test_placed_and_cancelled_within_one_tick(
    store: Store, told: Told, server: MailServer
) -> None:
    """Of an order that is gone before the relay came only its end is told, and only to the buyer."""
    pet_id = await _a_pet(store)
    await _STEPS["place"](store, pet_id)
    await _STEPS["cancel"](store, pet_id)
    await _mail_until_dropped(store, told)
    assert _mails(server) == [_mail_of("cancel")]
    assert await _pending(store) == []


async def test_cancelled_while_the_mail_waits(store: Store, told: Told, server: MailServer) -> None:
    """A mail that could not go for a while does not tell what is not so any more."""
    pet_id = await _a_pet(store)
    await _STEPS["place"](store, pet_id)
    server.mailbox.answer = "451 later"
    await told.mail_all()
    server.mailbox.answer = "250 taken"
    await Orders(store, _ADA).cancel(pet_id)
    for minutes in (5, 11):
        await age_all(store, minutes)
        await told.mail_all()
    assert _mails(server) == [_mail_of("cancel")]
    assert await _pending(store) == []


async def test_cancelled_while_the_message_waits(
    store: Store, told: Told, server: MailServer
) -> None:
    """The same holds for a message that has waited in the queue; it ends well."""
    pet_id = await _a_pet(store)
    await Orders(store, _BOB).place(pet_id, {})
    (message,) = await told.relay()
    await Orders(store, _ADA).cancel(pet_id)
    for _ in range(2):
        await told.deliver(message.encode())
    assert server.mailbox.envelopes == []
    assert await _pending(store) == []


@pytest.mark.parametrize("step", ["deliver", "cancel"])
@pytest.mark.parametrize("when", ["before the relay", "in the queue"])
async def test_the_pet_is_deleted(
    store: Store, told: Told, server: MailServer, step: str, when: str
) -> None:
    """How an order ended is told also where the pet is deleted right after it."""
    pet_id = await _a_pet_before(store, told, server, step)
    before = (await store.pets.get(pet_id)).value.order
    await _STEPS[step](store, pet_id)
    messages = await told.relay() if when == "in the queue" else []
    await Pets(store, _ADA).remove(pet_id)
    for message in messages:
        await told.deliver(message.encode())
    await told.mail_all()
    assert _mails(server) == [_mail_of(step)]
    plain = server.mailbox.mails[0].get_body(("plain",))
    assert plain is not None
    assert before is not None
    assert f"Pet: {pet_id}\r\nOrder: {before.id}" in plain.get_content()
    assert "Name" not in plain.get_content()
    assert await _pending(store) == []


@pytest.mark.parametrize("lost", ["deliver", "cancel"])
@pytest.mark.parametrize("first_alone", [True, False])
async def test_both_ends_were_tried_and_the_pet_is_deleted(
    store: Store,
    told: Told,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
    *,
    first_alone: bool,
) -> None:
    """Where nothing shows which end an order had, nobody is told of one that it did not have."""
    pet_id = await _a_pet_before(store, told, server, "deliver")
    with monkeypatch.context() as patch:
        patch.setattr(store.pets, "replace", _crash)
        with pytest.raises(Broken):
            await _STEPS[lost](store, pet_id)
    await _STEPS["cancel" if lost == "deliver" else "deliver"](store, pet_id)
    await Pets(store, _ADA).remove(pet_id)
    # The relay looks at one of the two events and then at the other, in either order.
    later = (await store.events.due(LATEST, 10))[first_alone]
    aside = await store.events.replace(later.value.set_aside(datetime.now(UTC)), later.version)
    await told.mail_all()
    assert len(await _pending(store)) == 1
    await store.events.replace(later.value, aside.version)
    await told.mail_all()
    assert server.mailbox.envelopes == []
    assert await _pending(store) == []


async def test_an_order_that_is_gone_with_its_pet(
    store: Store, told: Told, server: MailServer
) -> None:
    """Of a pet that is deleted nobody hears that it was ordered or that its order was approved."""
    pet_id = await _a_pet(store)
    for step in ("place", "approve", "cancel"):
        await _STEPS[step](store, pet_id)
    await Pets(store, _ADA).remove(pet_id)
    await _mail_until_dropped(store, told)
    assert _mails(server) == [_mail_of("cancel")]
    assert await _pending(store) == []


async def test_ordered_again(store: Store, told: Told, server: MailServer) -> None:
    """Each order of one pet has mails of its own."""
    pet_id = await _a_pet(store)
    for _ in range(3):
        for step in ("place", "cancel"):
            await _STEPS[step](store, pet_id)
            await told.mail_all()
    assert _mails(server) == [_mail_of("place"), _mail_of("cancel")] * 3


async def test_the_owner_has_another_address(
    store: Store, told: Told, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that is changed between the event and the write is the one that hears."""
    pet_id = await _a_pet(store)
    write, changed = store.pets.replace, list[bool]()

    async def interfere(item: Pet, version: str | None = None) -> Stored[Pet]:
        if not changed:
            changed.append(True)
            await write(replace((await store.pets.get(pet_id)).value, owner_email="new@b.example"))
        return await write(item, version)

    monkeypatch.setattr(store.pets, "replace", interfere)
    await _STEPS["place"](store, pet_id)
    await told.mail_all()
    assert server.mailbox.recipients == ["new@b.example"]


async def test_caps_hold_for_orders(store: Store, server: MailServer) -> None:
    """Mails about orders count with the others: over the cap of a day they wait."""
    told = Told(store, mailer_to(server.url), MailCaps(per_address=2, per_caller=0))
    for _ in range(3):
        body = {"name": "Ada", "species": "cat", "owner_email": _OWNER}
        pet_id = (await Pets(store, _ADA).create(body)).stored.value.id
        await _STEPS["place"](store, pet_id)
    await told.mail_all()
    assert server.mailbox.recipients == [_OWNER] * 2
    waiting = await _pending(store)
    assert len(waiting) == 4
    assert all("2 mails on one day" in (event.reason or "") for event in waiting)


async def test_who_made_it_happen(store: Store) -> None:
    """An event names its caller, by whom the caps and turns go."""
    pet_id = await _a_pet(store)
    await _STEPS["place"](store, pet_id)
    await _STEPS["approve"](store, pet_id)
    order = (await store.pets.get(pet_id)).value.order
    assert order is not None
    found = {(one.type, one.caller, one.order_id) for one in await _pending(store)}
    assert found == {("order_placed", "bob", order.id), ("order_approved", "ada", order.id)}


@pytest.mark.parametrize("times", [1, 5])
async def test_a_lost_answer(
    faulty_store: CosmosStore, wire: TwoPartitions, server: MailServer, times: int
) -> None:
    """An order whose answer was lost is told of once, whether or not it is repeated."""
    told, pet_id = Told(faulty_store, mailer_to(server.url)), await _a_pet(faulty_store)
    wire.fault = Fault("lose", requests=("replace",), times=times)
    try:
        await _STEPS["place"](faulty_store, pet_id)
    except StoreUnavailable:
        wire.fault = None
        await _STEPS["place"](faulty_store, pet_id)
    wire.fault = None
    await told.mail_all()
    assert _mails(server) == [_mail_of("place")]


async def test_what_it_costs(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A step that somebody is told of is one write more: the event, before the pet."""
    pet_id = await _a_pet(faulty_store)
    wire.requests.clear()
    await _STEPS["place"](faulty_store, pet_id)
    assert wire.requests == ["read", "create", "replace"]
