"""What every store promises about events."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

import pytest

from petstore.errors import AlreadyExists, NotFound, StoreUnavailable, VersionConflict
from petstore.events import KEPT_SECONDS, LATEST, Event
from petstore.ids import new_id
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.port import QUOTA_SECONDS, Quota, Store
from petstore.repository.sqlite.store import SqliteStore
from petstore.timestamps import timestamp
from tests.contract.raw_documents import read_raw
from tests.contract.samples import closing, pet_created
from tests.contract.two_partitions import Fault, TwoPartitions

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def _event(seconds: float = 0) -> Event:
    return pet_created(new_id(), "ada@example.com", NOW + timedelta(seconds=seconds))


async def test_an_event_is_kept(store: Store) -> None:
    """The first event of an id stays; a later one with that id changes nothing."""
    first = _event()
    added = await store.events.add(first)
    assert added.value == first
    with pytest.raises(AlreadyExists):
        await store.events.add(replace(first, address="bo@example.com"))
    assert await store.events.get(first.id) == added
    with pytest.raises(NotFound):
        await store.events.get(_event().id)


async def test_a_change_meets_its_version(store: Store) -> None:
    """A change on the version that is kept is made, on another it is refused."""
    event = _event()
    added = await store.events.add(event)
    relayed = await store.events.replace(event.relayed(NOW), added.version)
    assert relayed.version != added.version
    with pytest.raises(VersionConflict):
        await store.events.replace(event.failed(NOW, "550 no"), added.version)
    with pytest.raises(VersionConflict):
        await store.events.remove(event.id, added.version)
    assert await store.events.get(event.id) == relayed
    await store.events.remove(event.id, relayed.version)
    with pytest.raises(NotFound):
        await store.events.get(event.id)
    with pytest.raises(NotFound):
        await store.events.replace(event, relayed.version)
    with pytest.raises(NotFound):
        await store.events.remove(event.id, relayed.version)


async def test_one_of_20_wins(store: Store) -> None:
    """Of 20 changes at once on one version one is made."""
    event = _event()
    added = await store.events.add(event)
    results = await asyncio.gather(
        *(store.events.replace(event.claimed(NOW), added.version) for _ in range(20)),
        return_exceptions=True,
    )
    assert len([result for result in results if not isinstance(result, VersionConflict)]) == 1


async def test_what_is_due(store: Store) -> None:
    """Due are those whose time has come, longest first; settled ones never, failed ones last."""
    late, early, future = _event(1), _event(-60), _event(61)
    settled, failed = _event(-90).settled(NOW), _event(-90).failed(NOW, "550 no")
    for event in (late, early, future, settled, failed):
        await store.events.add(event)
    until = timestamp(NOW + timedelta(seconds=60))
    assert [kept.value for kept in await store.events.due(until, 10)] == [early, late]
    assert [kept.value for kept in await store.events.due(until, 1)] == [early]
    assert [kept.value for kept in await store.events.due(LATEST, 10)] == [
        early,
        late,
        future,
        failed,
    ]


async def test_what_is_due_of_some(store: Store) -> None:
    """What was due by a moment, and what some callers made happen, can be left out."""
    events = [
        replace(_event(number), caller=caller) for number, caller in enumerate(("ada", "bo", None))
    ]
    for event in events:
        await store.events.add(event)

    async def due(**conditions: Any) -> list[Event]:
        return [kept.value for kept in await store.events.due(LATEST, 10, **conditions)]

    assert await due() == events
    assert await due(after=events[0].due_at) == events[1:]
    assert await due(besides=["ada"]) == events[1:]
    assert await due(besides=["bo", None]) == events[:1]
    assert await due(besides=["ada"], after=events[1].due_at) == events[2:]


async def test_quotas(store: Store) -> None:
    """A quota is kept next to the events, is none of them, and changes on its version."""
    quota = Quota("0" * 64, 1)
    added = await store.quotas.add(quota)
    with pytest.raises(AlreadyExists):
        await store.quotas.add(quota)
    changed = await store.quotas.replace(Quota(quota.id, 2), added.version)
    with pytest.raises(VersionConflict):
        await store.quotas.replace(Quota(quota.id, 3), added.version)
    assert await store.quotas.get(quota.id) == changed
    assert await store.events.due(LATEST, 10) == []


async def test_quotas_end_in_cosmos(faulty_store: CosmosStore) -> None:
    """Cosmos DB is told to keep a quota for two days, less than the events around it."""
    await faulty_store.quotas.add(Quota("0" * 64, 1))
    document = await read_raw(faulty_store.quotas, "0" * 64)
    assert document["ttl"] == QUOTA_SECONDS < KEPT_SECONDS
    assert (await faulty_store.quotas.get("0" * 64)).value == Quota("0" * 64, 1)


async def test_quotas_end_in_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota goes two days after it last changed, when the next one is added."""
    async with closing(SqliteStore(tmp_path / "pets.db")) as store:
        await store.quotas.add(Quota("0" * 64, 1))
        now = time.time()
        monkeypatch.setattr("time.time", lambda: now + QUOTA_SECONDS + 5)
        await store.quotas.add(Quota("1" * 64, 1))
        with pytest.raises(NotFound):
            await store.quotas.get("0" * 64)


def test_a_settled_event_forgets_the_address() -> None:
    """Once the mail is out nobody needs to know to whom it went."""
    assert _event().settled(NOW).address == ""


async def test_many_that_are_due(store: Store) -> None:
    """Of 130 due events the 101 oldest are given, in order."""
    events = [_event(-number) for number in range(130)]
    for some in batched(events, 20):  # all at once take a busy machine longer than a call may
        await asyncio.gather(*(store.events.add(event) for event in some))
    due = await store.events.due(timestamp(NOW), 101)
    assert [kept.value.id for kept in due] == [event.id for event in reversed(events[29:])]


async def test_events_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event goes 14 days after it last changed (Cosmos DB does this by itself)."""
    async with closing(SqliteStore(tmp_path / "pets.db")) as store:
        event = _event()
        await store.events.add(event)
        now = time.time()
        monkeypatch.setattr("time.time", lambda: now + KEPT_SECONDS - 5)
        await store.events.add(_event())
        assert (await store.events.get(event.id)).value == event
        monkeypatch.setattr("time.time", lambda: now + KEPT_SECONDS + 5)
        await store.events.add(_event())
        with pytest.raises(NotFound):
            await store.events.get(event.id)


@pytest.mark.parametrize("kind", ["create", "replace"])
async def test_a_write_whose_answer_was_lost(
    faulty_store: CosmosStore, wire: TwoPartitions, kind: str
) -> None:
    """A write that the SDK sends again, since the connection broke, knows itself."""
    event = _event()
    kept = await faulty_store.events.add(event)
    wire.fault = Fault("lose", requests=(kind,), times=1)
    if kind == "create":
        assert await faulty_store.events.add(_event())
    else:
        assert await faulty_store.events.replace(event.relayed(NOW), kept.version)


async def test_no_answer(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """Whatever is asked of events, an account that refuses is StoreUnavailable."""
    await faulty_store.ping()
    event = _event()
    wire.fault = Fault("status", status=503)
    for call in (
        faulty_store.events.add(event),
        faulty_store.events.get(event.id),
        faulty_store.events.due(LATEST, 1),
        faulty_store.events.replace(event, '"1"'),
        faulty_store.events.remove(event.id, '"1"'),
    ):
        with pytest.raises(StoreUnavailable):
            await call


async def test_what_it_costs(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """Each write and each read by id is one request."""
    await faulty_store.ping()
    event = _event()
    kept = await faulty_store.events.add(event)
    wire.requests.clear()
    await faulty_store.events.get(event.id)
    relayed = await faulty_store.events.replace(event.relayed(NOW), kept.version)
    await faulty_store.events.remove(event.id, relayed.version)
    assert wire.requests == ["read", "replace", "delete"]
