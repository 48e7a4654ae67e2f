"""Documents that this release did not write: left out where unreadable, kept whole where not."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from petstore import idempotency
from petstore.errors import NotFound, Unreadable
from petstore.events import LATEST
from petstore.ids import new_id
from petstore.mail_caps import NO_CAPS, Caps
from petstore.notifications import Notifications
from petstore.pets import Pets
from petstore.relay import Relay
from petstore.repository.port import PetQuery, Store
from tests.contract.raw_documents import Change, change_raw, copy_raw, read_raw
from tests.contract.samples import a_pet, crash_before_the_pet, pet_created

BODY: dict[str, object] = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}


def _set(**members: object) -> Change:
    return lambda document: document.update(members)


def _without(name: str) -> Change:
    return lambda document: document.pop(name)


_DAMAGES: dict[str, Change] = {
    "a status of a newer release": _set(status="reserved"),
    "a null name": _set(name=None),
    "no created_at": _without("created_at"),
    "no name": _without("name"),
    "tags that are a text": _set(tags="good"),
    "a tag that is a number": _set(tags=["good", 1]),
    "an owner that is a number": _set(owner_id=7),
    "an address that is a list": _set(owner_email=[]),
}
_EACH_DAMAGE = pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES)


async def _pages(store: Store, query: PetQuery) -> list[list[str]]:
    pages = []
    while True:
        page = await store.pets.find(query)
        pages.append([pet.id for pet in page.items])
        if page.after is None:
            return pages
        query = replace(query, after=page.after)


@_EACH_DAMAGE
async def test_an_unreadable_pet_is_left_out(
    store: Store, damage: Change, caplog: pytest.LogCaptureFixture
) -> None:
    """A pet that cannot be read is not there for readers; it is logged once with its id, and counted."""
    good, bad = await store.pets.add(a_pet()), await store.pets.add(a_pet(name="Secret"))
    await change_raw(store.pets, bad.value.id, damage)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert await _pages(store, PetQuery()) == [[good.value.id]]
            with pytest.raises(Unreadable):
                await store.pets.get(bad.value.id)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert bad.value.id in caplog.text
    assert "Secret" not in caplog.text
    assert store.unreadable() == {"pet": 1}
    with pytest.raises(NotFound):
        await Pets(store).patch(bad.value.id, {"name": "Bo"})
    await store.pets.replace(bad.value)
    await store.pets.get(bad.value.id)
    assert store.unreadable() == {}


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 30])
async def test_pages_stay_full(store: Store, *, limit: int, newest_first: bool) -> None:
    """Whatever lies between, before or behind them, readable pets fill each page but the last."""
    ids = [(await store.pets.add(a_pet(status="sold"))).value.id for _ in range(30)]
    bad = {0, 3, 4, 5, 6, 7, 8, 9, 10, 17, 28, 29}
    for number in bad:
        await change_raw(store.pets, ids[number], _set(status="reserved"))
    good = [one for number, one in enumerate(ids) if number not in bad]
    query = PetQuery(limit=limit, newest_first=newest_first, species="dog")
    pages = await _pages(store, query)
    assert [one for page in pages for one in page] == (good[::-1] if newest_first else good)
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


async def test_hundreds_in_a_row(store: Store) -> None:
    """Behind hundreds of unreadable pets the page is full all the same."""
    first, last = await store.pets.add(a_pet()), None
    for number in range(300):
        last = await store.pets.add(a_pet())
        await change_raw(store.pets, last.value.id, _without("name"))
        if number == 0:
            second = last
    assert last is not None
    assert await _pages(store, PetQuery(limit=1)) == [[first.value.id]]
    await store.pets.replace(second.value)
    pages = await _pages(store, PetQuery(limit=1))
    assert pages == [[second.value.id], [first.value.id]]


@pytest.mark.parametrize(
    "copy_id", ["zzz", "000", "fluffy", "0197A0B0-0000-7000-8000-000000000000"]
)
@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_ids_of_other_kinds(store: Store, copy_id: str, limit: int) -> None:
    """A pet whose id is not one of ours, wherever it stands on a page, breaks no list or cursor."""
    ids = [(await store.pets.add(a_pet())).value.id for _ in range(4)]
    await copy_raw(store.pets, ids[1], copy_id)
    for newest_first in (True, False):
        pages = await _pages(store, PetQuery(limit=limit, newest_first=newest_first))
        assert [one for page in pages for one in page] == (ids[::-1] if newest_first else ids)
    assert store.unreadable() == {"pet": 1}


@pytest.mark.parametrize("change", ["patch", "replace"])
async def test_unknown_members_survive(store: Store, change: str) -> None:
    """What a newer release put into a pet is still there after PUT and PATCH, and never shown."""
    made = (await Pets(store).create({"name": "Ada", "species": "cat"})).stored
    more = {"vaccinations": [{"of": "2026-01-01"}], "ttl": -1, "note": None, "_note": "by hand"}
    await change_raw(store.pets, made.value.id, _set(**more))
    if change == "patch":
        changed = await Pets(store).patch(made.value.id, {"name": "Bo"})
    else:
        changed = await Pets(store).replace(made.value.id, {"name": "Bo", "species": "dog"})
    kept = await read_raw(store.pets, made.value.id)
    assert {name: kept.get(name, "lost") for name in more} == more
    assert (kept["name"], kept.get("name_key", "bo")) == ("Bo", "bo")
    shown = json.loads(changed.value.view(whole=True))
    assert not shown.keys() & more.keys()
    assert "owner_id" not in shown


async def test_unknown_members_of_claims_and_events_survive(store: Store) -> None:
    """What a newer release put into an event or a claim is still there after it changed."""
    created = await Pets(store).create(BODY, "k")
    (due,) = await store.events.due(LATEST, 10)
    await change_raw(store.events, due.value.id, _set(language="de"))
    event = await store.events.get(due.value.id)
    await store.events.replace(event.value.relayed(datetime.now(UTC)), event.version)
    kept = await read_raw(store.events, due.value.id)
    assert (kept["language"], kept["state"]) == ("de", "relayed")
    assert "more" not in kept
    claim_id = idempotency._digest([None, "k"])
    await change_raw(store.claims, claim_id, _set(language="de", version=None))
    assert await Pets(store).create(BODY, "k") == replace(created, replayed=True)
    kept = await read_raw(store.claims, claim_id)
    assert (kept["language"], kept["version"]) == ("de", created.stored.version)


_EVENT_DAMAGES: dict[str, Change] = {
    "no occurred_at": _without("occurred_at"),
    "a state of a newer release": _set(state="paused"),
    "a null address": _set(owner_email=None),
    "no pet": _without("pet_id"),
}


@pytest.mark.parametrize("damage", _EVENT_DAMAGES.values(), ids=_EVENT_DAMAGES)
async def test_an_unreadable_event_holds_up_no_other(store: Store, damage: Change) -> None:
    """Events that cannot be read, however many, do not keep the others from being relayed."""
    early = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(30):
        event = pet_created(new_id(), "a@b.example", early)
        await store.events.add(event)
        await change_raw(store.events, event.id, damage)
    created = (await Pets(store).create(BODY)).stored
    assert [kept.value.pet_id for kept in await store.events.due(LATEST, 10)] == [created.value.id]
    (message,) = await Relay(store, Caps(store.quotas, NO_CAPS)).run()
    assert json.loads(message)["pet_id"] == created.value.id
    assert store.unreadable() == {"event": 30}


async def test_an_event_of_an_unreadable_pet_waits(store: Store) -> None:
    """Where the pet cannot be read its owner is not forgotten: the mail waits until it can be."""
    created = (await Pets(store).create(BODY)).stored
    await change_raw(store.pets, created.value.id, _set(status="reserved"))
    told, relay = Notifications(store, None, "poison"), Relay(store, Caps(store.quotas, NO_CAPS))
    (message,) = await relay.run()
    await told.deliver(message.encode())
    (kept,) = await store.events.due(LATEST, 10)
    assert (kept.value.state, kept.value.reason) == ("new", "its pet cannot be read")
    await store.pets.replace(created.value)
    await store.events.replace(kept.value.renewed(datetime.now(UTC)))
    (message,) = await relay.run()
    await told.deliver(message.encode())
    assert await store.events.due(LATEST, 10) == []


@pytest.mark.parametrize(
    "damage",
    [_without("fingerprint"), _without("pet_id"), _set(pet_id=7)],
    ids=["body", "pet", "number"],
)
async def test_an_unreadable_claim_frees_its_key(store: Store, damage: Change) -> None:
    """A claim that cannot be read counts as expired: its key creates a pet, once."""
    await Pets(store).create(BODY, "k")
    await change_raw(store.claims, idempotency._digest([None, "k"]), damage)
    again = await Pets(store).create(BODY, "k")
    assert not again.replayed
    assert await Pets(store).create(BODY, "k") == replace(again, replayed=True)


async def test_an_unreadable_event_of_a_create_is_written_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A create that is retried and meets its own event, unreadable, puts a good one in its place."""
    await crash_before_the_pet(store, BODY, "k", monkeypatch)
    (event,) = await store.events.due(LATEST, 10)
    await change_raw(store.events, event.value.id, _without("state"))
    monkeypatch.setattr(idempotency, "IN_FLIGHT", 0)
    await Pets(store).create(BODY, "k")
    (kept,) = await store.events.due(LATEST, 10)
    assert (kept.value.id, kept.value.state) == (event.value.id, "new")


async def test_a_retry_whose_pet_cannot_be_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay before its key was settled answers with the pet as created, though it is damaged."""
    created = await Pets(store).create(BODY, "k")
    await change_raw(store.claims, idempotency._digest([None, "k"]), _set(version=None))
    await change_raw(store.pets, created.stored.value.id, _set(status="reserved"))
    monkeypatch.setattr(idempotency, "IN_FLIGHT", 0)
    again = await Pets(store).create(BODY, "k")
    assert again.stored.value == created.stored.value
