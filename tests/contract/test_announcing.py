"""A create with an owner's address: first the event, then the pet, on every store."""

import asyncio
from datetime import UTC, datetime

import pytest

from petstore import idempotency
from petstore.errors import StoreUnavailable
from petstore.events import LATEST, Event
from petstore.ids import is_id
from petstore.pets import Pets
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.port import PetQuery, Store
from petstore.timestamps import timestamp
from tests.contract.samples import crash_before_the_pet
from tests.contract.telling import age_all
from tests.contract.two_partitions import TwoPartitions

BODY: dict[str, object] = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}
PLAIN: dict[str, object] = {"name": "Ada", "species": "cat"}


async def _events(store: Store) -> list[Event]:
    return [kept.value for kept in await store.events.due(LATEST, 100)]


async def test_the_event(store: Store) -> None:
    """The event tells the pet, the address and the time, and is due at once."""
    before = timestamp(datetime.now(UTC))
    stored = (await Pets(store).create(BODY)).stored
    (event,) = await _events(store)
    assert (event.type, event.pet_id, event.address, event.state) == (
        "pet_created",
        stored.value.id,
        "ada@example.com",
        "new",
    )
    assert before <= event.occurred_at <= timestamp(datetime.now(UTC))
    assert event.due_at == event.occurred_at
    assert not is_id(event.id)


async def test_no_address_no_event(store: Store) -> None:
    """Without an address there is no event; changes make none either."""
    stored = (await Pets(store).create(PLAIN)).stored
    await Pets(store).patch(stored.value.id, {"owner_email": "bo@example.com"})
    assert await _events(store) == []


async def test_the_event_comes_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the pet cannot be kept the event is there already; when the event cannot, no pet is."""
    await crash_before_the_pet(store, BODY, "k", monkeypatch)
    assert len(await _events(store)) == 1

    async def fail(_: object) -> bool:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store.events, "add", fail)
        with pytest.raises(StoreUnavailable):
            await Pets(store).create(BODY)
    assert (await store.pets.find(PetQuery())).items == []


async def test_one_event_for_one_key(store: Store) -> None:
    """However often a request comes, alone or at once, there is one event."""
    await asyncio.gather(
        *(Pets(store).create(BODY, "k") for _ in range(20)), return_exceptions=True
    )
    await Pets(store).create(BODY, "k")
    assert len(await _events(store)) == 1


async def test_a_healed_retry(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry after a crash meets its own event, and makes it as young as itself."""
    await crash_before_the_pet(store, BODY, "k", monkeypatch)
    await age_all(store, 1)
    (left,) = await _events(store)
    monkeypatch.setattr(idempotency, "IN_FLIGHT", 0)
    stored = (await Pets(store).create(BODY, "k")).stored
    (event,) = await _events(store)
    assert (event.id, event.pet_id) == (left.id, stored.value.id)
    assert event.occurred_at > left.occurred_at


async def test_a_healed_retry_after_the_event_is_gone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry whose event has been dropped makes it again, as young as itself."""
    await crash_before_the_pet(store, BODY, "k", monkeypatch)
    (left,) = await store.events.due(LATEST, 100)
    await store.events.remove(left.value.id, left.version)
    monkeypatch.setattr(idempotency, "IN_FLIGHT", 0)
    await Pets(store).create(BODY, "k")
    assert [event.id for event in await _events(store)] == [left.value.id]


async def test_an_event_that_is_on_its_way_is_left_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry does not turn back an event that somebody is telling."""
    await crash_before_the_pet(store, BODY, "k", monkeypatch)
    (left,) = await store.events.due(LATEST, 100)
    claimed = left.value.claimed(datetime.now(UTC))
    await store.events.replace(claimed, left.version)
    monkeypatch.setattr(idempotency, "IN_FLIGHT", 0)
    await Pets(store).create(BODY, "k")
    assert await _events(store) == [claimed]


async def test_what_it_costs(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A create is one request without an address, and two with one: event, pet."""
    await faulty_store.ping()
    pets = Pets(faulty_store)
    wire.requests.clear()
    await pets.create(PLAIN)
    assert wire.requests == ["create"]
    await pets.create(BODY)
    assert wire.requests == ["create"] * 3
