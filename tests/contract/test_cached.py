"""What the cache adds to the promises: no stale read, whoever reads and writes, in any order."""

import asyncio
from dataclasses import replace as with_changes

import pytest

from petstore.errors import NotFound, StoreUnavailable, Unreadable, VersionConflict
from petstore.identity import Caller
from petstore.orders import Orders
from petstore.pet import Pet
from petstore.pets import Pets
from petstore.repository.cache.values import key_of
from petstore.repository.port import Stored
from tests.contract.raw_documents import change_raw
from tests.contract.samples import a_pet
from tests.contract.two_processes import Two, forget_tombstone, keep, read


async def test_a_read_fills_and_the_next_ones_hit(two: Two) -> None:
    """The first read fills, with a time to live; later ones, in each process, leave the store alone."""
    added = await keep(two, owner_email="ada@example.com", owner_id="ada")
    assert await read(two.one, added.value) == ("Rex", "fill")
    assert 290_000 < two.redis.ask("PTTL", key_of(added.value.id)) <= 300_000
    for store in (two.one, two.other):
        assert await read(store, added.value) == ("Rex", "hit")
        assert await store.pets.get(added.value.id) == added
    assert two.pets.reads == 1


async def test_a_write_is_seen_by_all(two: Two) -> None:
    """After a write no process reads what was before, and nobody fills for ten seconds."""
    pet = (await keep(two)).value
    await read(two.other, pet)
    await two.one.pets.replace(with_changes(pet, name="Max"))
    for store in (two.one, two.other):
        assert await read(store, pet) == ("Max", "miss")
    forget_tombstone(two, pet)
    assert await read(two.other, pet) == ("Max", "fill")
    await two.other.pets.remove(pet.id)
    for store in (two.one, two.other):
        with pytest.raises(NotFound):
            await store.pets.get(pet.id)


async def test_orders_are_writes_too(two: Two) -> None:
    """Placing, moving and cancelling an order in one process shows in the other at once."""
    pet = (await keep(two, owner_id="ada")).value
    buyer, owner = Orders(two.one, Caller("bob")), Orders(two.one, Caller("ada"))
    reader = Orders(two.other, Caller("bob"))
    await two.other.pets.get(pet.id)
    await buyer.place(pet.id, {})
    assert (await reader.get(pet.id)).value.status == "pending"
    for _ in range(2):
        await two.other.pets.get(pet.id)
    await owner.patch(pet.id, {"status": "approved"})
    order = (await reader.get(pet.id)).value.order
    assert order is not None
    assert order.status == "approved"
    forget_tombstone(two, pet)
    await two.other.pets.get(pet.id)
    await buyer.cancel(pet.id)
    assert (await two.other.pets.get(pet.id)).value.status == "available"


@pytest.mark.parametrize("lost", [False, True], ids=["tombstone stands", "tombstone is lost"])
async def test_a_slow_reader_puts_nothing_old_back(two: Two, *, lost: bool) -> None:
    """A read from before a write does not fill after it, not even where the tombstone was evicted."""
    pet = (await keep(two)).value
    gate = two.pets.read = asyncio.Event()
    slow = asyncio.ensure_future(read(two.other, pet))
    await two.pets.at_read.wait()
    await two.one.pets.replace(with_changes(pet, name="Max"))
    if lost:
        forget_tombstone(two, pet)
    gate.set()
    assert await slow == ("Rex", "refused")
    assert (await read(two.one, pet))[0] == "Max"
    assert (await read(two.other, pet))[0] == "Max"


async def test_a_reader_fills_nothing_while_a_write_is_under_way(two: Two) -> None:
    """Between a write's begin and its answer nobody fills, so a writer that dies leaves nothing old."""
    pet = (await keep(two)).value
    two.pets.written = asyncio.Event()
    write = asyncio.ensure_future(two.one.pets.replace(with_changes(pet, name="Max")))
    await two.pets.at_write.wait()
    assert two.value(pet) == b""
    assert await read(two.other, pet) == ("Max", "miss")
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    assert two.value(pet) == b""


async def test_a_cache_that_forgot_while_the_store_wrote(two: Two) -> None:
    """A value that came in during a write, since the first tombstone was lost, goes with the second."""
    pet = (await keep(two)).value
    await read(two.other, pet)
    old = two.value(pet)
    two.pets.written = asyncio.Event()
    write = asyncio.ensure_future(two.one.pets.replace(with_changes(pet, name="Max")))
    await two.pets.at_write.wait()
    two.redis.ask("SET", key_of(pet.id), old)
    two.pets.written.set()
    await write
    assert two.value(pet) == b""


async def test_a_refused_write_drops_the_key(two: Two) -> None:
    """A 412 of the store and a 404 drop what the writer read from the cache."""
    added = await keep(two)
    pet = added.value
    await read(two.one, pet)
    changed = await two.beneath.pets.replace(with_changes(pet, name="Max"))  # past the cache
    assert await two.one.pets.get(pet.id) == added
    with pytest.raises(VersionConflict):
        await two.one.pets.replace(with_changes(pet, name="Bo"), added.version)
    assert await two.one.pets.get(pet.id) == changed
    forget_tombstone(two, pet)
    assert await read(two.one, pet) == ("Max", "fill")
    await two.beneath.pets.remove(pet.id)
    with pytest.raises(NotFound):
        await two.one.pets.remove(pet.id, changed.version)
    with pytest.raises(NotFound):
        await two.one.pets.get(pet.id)


async def test_the_rules_settle_on_what_the_store_has(two: Two) -> None:
    """A change that was decided on an old pet from the cache is decided again on the store's."""
    pet = (await keep(two)).value
    await read(two.one, pet)
    await two.beneath.pets.replace(with_changes(pet, breed="Collie"))  # past the cache
    changed = await Pets(two.one).patch(pet.id, {"name": "Max"})
    assert (changed.value.name, changed.value.breed) == ("Max", "Collie")


async def test_missing_pets_are_not_cached(two: Two) -> None:
    """A pet that was not there shows as soon as it is created, in both processes."""
    pet = a_pet()
    for store in (two.one, two.other):
        with pytest.raises(NotFound):
            await store.pets.get(pet.id)
    await two.one.pets.add(pet)
    for store in (two.one, two.other):
        assert (await store.pets.get(pet.id)).value == pet


async def test_unreadable_pets_are_not_cached(two: Two) -> None:
    """A document that cannot be read is refused each time, and read as soon as it can be."""
    pet = (await keep(two)).value
    await change_raw(two.pets, pet.id, lambda document: document.pop("name"))
    for store in (two.one, two.other):
        with pytest.raises(Unreadable):
            await store.pets.get(pet.id)
    await change_raw(two.pets, pet.id, lambda document: document.update(name="Max"))
    assert (await read(two.one, pet))[0] == "Max"


async def test_a_stampede_asks_the_store_once(two: Two) -> None:
    """Of many readers at once one reads the store; the others are given what it read."""
    pet = (await keep(two)).value
    gate = two.pets.read = asyncio.Event()
    readers = [asyncio.ensure_future(read(two.one, pet)) for _ in range(30)]
    await two.pets.at_read.wait()
    gate.set()
    results = [result for _, result in await asyncio.gather(*readers)]
    assert sorted(set(map(str, results))) == ["fill", "hit"]
    assert two.pets.reads == results.count("fill") == 1


async def test_those_who_wait_are_given_nothing_old(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers who wait for a fill that a write keeps out read the store themselves."""
    monkeypatch.setattr("petstore.repository.cached._WAIT", 60.0)
    pet = (await keep(two)).value
    gate = two.pets.read = asyncio.Event()
    slow = asyncio.ensure_future(read(two.one, pet))
    await two.pets.at_read.wait()
    joined, everybody = [], asyncio.Event()
    filled = two.one.pets._filled

    async def noted(lease: object) -> Stored[Pet] | None:
        joined.append(lease)
        if len(joined) == 3:
            everybody.set()
        return await filled(lease)

    monkeypatch.setattr(two.one.pets, "_filled", noted)
    waiting = [asyncio.ensure_future(read(two.one, pet)) for _ in range(3)]
    await everybody.wait()
    await two.other.pets.replace(with_changes(pet, name="Max"))
    gate.set()
    assert await slow == ("Rex", "refused")
    assert await asyncio.gather(*waiting) == [("Max", "miss")] * 3


async def test_a_store_that_fails_lets_nobody_wait(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the one who fills fails or is cancelled, the others ask the store themselves."""
    pet = (await keep(two)).value
    gate = two.pets.read = asyncio.Event()
    slow = asyncio.ensure_future(read(two.one, pet))
    await two.pets.at_read.wait()
    waiting = asyncio.ensure_future(read(two.one, pet))
    slow.cancel()
    assert await waiting == ("Rex", "miss")
    gate.set()

    async def fail(_: str) -> Stored[Pet]:
        raise StoreUnavailable("away")

    two.redis.ask("DEL", key_of(pet.id))
    with monkeypatch.context() as patch:
        patch.setattr(two.pets, "get", fail)
        for answer in await asyncio.gather(
            *(read(two.one, pet) for _ in range(3)), return_exceptions=True
        ):
            assert isinstance(answer, StoreUnavailable)
    assert two.one.pets._fills == {}
