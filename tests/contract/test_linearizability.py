"""Concurrent calls on one pet are as if done one after another, on every store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import override

import pytest
from hypothesis import HealthCheck, given, settings

from petstore import patience
from petstore.pet import Pet
from petstore.repository.port import Store, Stored
from petstore.repository.sqlite.pets import SqlitePets
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.answers import answer
from tests.contract.histories import CLIENTS, What, record, with_one_deletion
from tests.contract.linearizable import Call, State, explain, pet_model
from tests.contract.samples import a_pet, closing
from tests.contract.two_partitions import Fault, TwoPartitions

_FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def _history(store: Store, clients: list[list[What]]) -> list[Call]:
    pet_id = (await store.pets.add(a_pet(owner_id="ada"))).value.id

    return await record(lambda what: answer(store, pet_id, what), clients)


@_FEW
@given(clients=CLIENTS)
async def test_every_store(store: Store, clients: list[list[What]]) -> None:
    """Whatever clients do at once, some order of their calls explains every answer."""
    history = await _history(store, clients)
    assert explain(history, pet_model, State()) is not None, history


class _Careless(SqlitePets):
    """Pets that are written without their condition, after a moment in which others write."""

    @override
    async def replace(self, item: Pet, version: str | None = None) -> Stored[Pet]:
        await asyncio.sleep(0)
        return await super().replace(item)


@asynccontextmanager
async def _careless() -> AsyncIterator[Store]:
    with TemporaryDirectory() as folder:
        async with closing(SqliteStore(Path(folder) / "pets.db")) as store:
            store.pets = _Careless(store._file, store._tally)
            yield store


async def test_a_planted_fault_is_found() -> None:
    """A store that writes without the condition sells a pet twice, and the search finds it out."""
    clients: list[list[What]] = [[("order", "bob")], [("order", "eve")]]
    async with _careless() as store:
        history = await _history(store, clients)
    assert explain(history, pet_model, State()) is None
    assert [call.answer for call in history] == ["done", "done"]


_FAULTS: dict[str, Callable[[], Fault]] = {
    "429": lambda: Fault("status", 429, {"x-ms-retry-after-ms": "1"}, ("replace", "read"), 4),
    "lose": lambda: Fault("lose", requests=("replace", "delete"), times=3),
    "reset": lambda: Fault("reset", requests=("replace", "delete"), times=3),
}


@pytest.mark.parametrize("kind", _FAULTS)
@_FEW
@given(clients=CLIENTS.filter(with_one_deletion))
async def test_with_faults(
    wire: TwoPartitions, faulty_store: Store, kind: str, clients: list[list[What]]
) -> None:
    """With throttling, lost answers and broken connections the answers can be explained as well."""
    patient, patience.BUDGET = patience.BUDGET, 0.5
    try:
        await faulty_store.ping()
        wire.fault = _FAULTS[kind]()
        history = await _history(faulty_store, clients)
        assert explain(history, pet_model, State()) is not None, history
    finally:
        wire.fault = None
        patience.BUDGET = patient


@pytest.mark.parametrize("kind", _FAULTS)
async def test_the_faults_strike(wire: TwoPartitions, faulty_store: Store, kind: str) -> None:
    """Each of these faults is met by these calls: no history above is one without them."""
    await faulty_store.ping()
    wire.fault = _FAULTS[kind]()
    left = wire.fault.times
    await _history(faulty_store, [[("order", "bob"), ("cancel", "bob")], [("order", "eve")]])
    assert wire.fault.times < left
