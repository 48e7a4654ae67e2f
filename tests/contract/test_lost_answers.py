"""A write whose answer was lost knows itself again, also after others have written since.

The connection breaks once the write is done; before it is sent again somebody else writes. Told
only what it finds then, it would take its own work for never done.
"""

from collections.abc import Awaitable, Callable

import pytest

from petstore.errors import NotFound, StoreUnavailable, VersionConflict
from petstore.identity import Caller
from petstore.orders import Orders
from petstore.pet import Pet
from petstore.pets import Pets
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.cosmos.writes import MARKS
from petstore.repository.port import Stored
from tests.contract.raw_documents import change_raw
from tests.contract.samples import a_pet
from tests.contract.two_partitions import Fault, TwoPartitions

_ADA, _BOB, _EVE = Caller("ada"), Caller("bob"), Caller("eve")
type Write = Callable[[], Awaitable[object]]


def _lose(wire: TwoPartitions, kind: str, then: Write) -> None:
    """Lose the answer to the next write of a kind, and let others write before it is sent again."""

    async def write() -> None:
        wire.fault = None
        await then()

    wire.fault = Fault("lose", requests=(kind,), times=1, then=write)


async def _ordered(store: CosmosStore) -> str:
    pet_id = (await store.pets.add(a_pet(owner_id="ada"))).value.id
    await Orders(store, _BOB).place(pet_id, {})
    return pet_id


async def test_a_cancellation(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """Bob's order is cancelled, as it was, although eve has ordered the pet since."""
    pet_id = await _ordered(faulty_store)
    _lose(wire, "replace", lambda: Orders(faulty_store, _EVE).place(pet_id, {}))
    await Orders(faulty_store, _BOB).cancel(pet_id)
    kept = (await faulty_store.pets.get(pet_id)).value.order
    assert kept is not None
    assert kept.buyer == "eve"


async def test_an_order(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """An order that was placed is a new one, although it was approved and cancelled since."""
    pet_id = (await faulty_store.pets.add(a_pet(owner_id="ada"))).value.id

    async def approve_and_cancel() -> None:
        await Orders(faulty_store, _ADA).patch(pet_id, {"status": "approved"})
        await Orders(faulty_store, _ADA).cancel(pet_id)

    _lose(wire, "replace", approve_and_cancel)
    placed = await Orders(faulty_store, _BOB).place(pet_id, {})
    assert placed.is_new
    assert (await faulty_store.pets.get(pet_id)).value.order is None


async def test_a_patch(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A patch that was done is not done again over the patch of somebody else."""
    pet_id = (await faulty_store.pets.add(a_pet(owner_id="ada"))).value.id
    _lose(wire, "replace", lambda: Pets(faulty_store, _ADA).patch(pet_id, {"name": "Zoe"}))
    patched = await Pets(faulty_store, _ADA).patch(pet_id, {"name": "Bo"})
    # Its version is not known any more; that of the later write would belong to another name.
    assert (patched.value.name, patched.version) == ("Bo", "")
    assert (await faulty_store.pets.get(pet_id)).value.name == "Zoe"


async def test_a_creation(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A pet that was created is created, although it was changed since."""
    pet = a_pet(owner_id="ada")
    _lose(wire, "create", lambda: Pets(faulty_store, _ADA).patch(pet.id, {"name": "Zoe"}))
    assert await faulty_store.pets.add(pet) == Stored(pet, "")


async def test_a_deletion(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A deletion that is sent again is done: the pet is gone."""
    pet_id = (await faulty_store.pets.add(a_pet(owner_id="ada"))).value.id
    wire.fault = Fault("lose", requests=("delete",), times=1)
    await Pets(faulty_store, _ADA).remove(pet_id)
    with pytest.raises(NotFound):
        await Pets(faulty_store, _ADA).remove(pet_id)


async def _write_often(store: CosmosStore, pet: Pet, count: int) -> None:
    for _ in range(count):
        await store.pets.replace((await store.pets.get(pet.id)).value)


@pytest.mark.parametrize("others", [1, MARKS - 1, MARKS])
async def test_how_many_others(faulty_store: CosmosStore, wire: TwoPartitions, others: int) -> None:
    """After so many writes of others that nobody can know any more, that is what is answered."""
    pet = (await faulty_store.pets.add(a_pet())).value
    await _write_often(faulty_store, pet, MARKS)
    current = await faulty_store.pets.get(pet.id)
    _lose(wire, "replace", lambda: _write_often(faulty_store, pet, others))
    if others < MARKS:
        assert (await faulty_store.pets.replace(current.value, current.version)).version == ""
    else:
        with pytest.raises(StoreUnavailable, match="others wrote since"):
            await faulty_store.pets.replace(current.value, current.version)


@pytest.mark.parametrize("before", [0, MARKS])
async def test_a_write_that_was_not_done(
    faulty_store: CosmosStore, wire: TwoPartitions, before: int
) -> None:
    """A connection that breaks before the write is done makes nobody's work its own."""
    pet = (await faulty_store.pets.add(a_pet())).value
    await _write_often(faulty_store, pet, before)
    current = await faulty_store.pets.get(pet.id)
    await _write_often(faulty_store, pet, 2)
    wire.fault = Fault("reset", requests=("replace",), times=1)
    with pytest.raises(VersionConflict):
        await faulty_store.pets.replace(current.value, current.version)


async def test_a_pet_that_is_gone(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A change whose answer was lost, of a pet that is gone since, may have been done or not."""
    stored = await faulty_store.pets.add(a_pet())
    _lose(wire, "replace", lambda: faulty_store.pets.remove(stored.value.id))
    with pytest.raises(StoreUnavailable):
        await faulty_store.pets.replace(stored.value, stored.version)


async def test_a_refusal_costs_no_look(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """Where no answer was lost a refusal is what it says, without another request."""
    stored = await faulty_store.pets.add(a_pet())
    await faulty_store.pets.replace(stored.value, stored.version)
    wire.requests.clear()
    with pytest.raises(VersionConflict):
        await faulty_store.pets.replace(stored.value, stored.version)
    assert wire.requests == ["replace"]


@pytest.mark.parametrize("marks", [7, None, "x", [1, None], {}], ids=str)
async def test_broken_marks(faulty_store: CosmosStore, marks: object) -> None:
    """Whatever somebody wrote in the place of the marks: the pet is read, changed and marked."""
    pet = (await faulty_store.pets.add(a_pet())).value
    await change_raw(faulty_store.pets, pet.id, lambda document: document.update(writes=marks))
    current = await faulty_store.pets.get(pet.id)
    assert (current.value, current.value.writes) == (pet, [])
    await faulty_store.pets.replace(current.value, current.version)
    assert len((await faulty_store.pets.get(pet.id)).value.writes) == 1


@pytest.mark.parametrize("marks", [7, None, "x", {}], ids=str)
async def test_marks_that_were_broken_meanwhile(
    faulty_store: CosmosStore, wire: TwoPartitions, marks: object
) -> None:
    """Where somebody broke the marks since, a write that was sent again is refused, no more."""
    stored = await faulty_store.pets.add(a_pet())

    async def break_marks() -> None:
        change = {"writes": marks, "write": "x", "name": "Zoe"}
        await change_raw(faulty_store.pets, stored.value.id, lambda kept: kept.update(change))

    _lose(wire, "replace", break_marks)
    with pytest.raises(VersionConflict):
        await faulty_store.pets.replace(stored.value, stored.version)
