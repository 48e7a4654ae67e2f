"""A pet is sold once, on every store: each change of an order is one conditional write."""

import asyncio
import json
from dataclasses import replace

import pytest

from petstore import patience
from petstore.errors import (
    InvalidOrder,
    NotAvailable,
    NotFound,
    Ordered,
    OrderNotFound,
    StoreUnavailable,
    Unreadable,
    WrongStep,
)
from petstore.identity import Caller
from petstore.ids import is_id, new_id
from petstore.order import Order
from petstore.orders import Orders, Placed
from petstore.pets import Pets
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.port import PetQuery, Store
from tests.contract.raw_documents import change_raw, read_raw
from tests.contract.samples import a_pet
from tests.contract.two_partitions import Fault, TwoPartitions

_BUYERS = 50
_OWNER, _BOB = Caller("ada"), Caller("bob")


@pytest.fixture(autouse=True)
def _much_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no change give up here, however busy the machine is."""
    monkeypatch.setattr(patience, "BUDGET", 60.0)


async def _a_pet(store: Store, **details: object) -> str:
    return (await store.pets.add(a_pet(owner_id="ada", **details))).value.id


async def test_fifty_buyers_at_once(store: Store) -> None:
    """Of 50 buyers at once one gets the pet, 49 are told so, and the winner's order stays."""
    pet_id = await _a_pet(store)
    results = await asyncio.gather(
        *(Orders(store, Caller(f"u{n}")).place(pet_id, {"note": f"n{n}"}) for n in range(_BUYERS)),
        return_exceptions=True,
    )
    (won,) = [result for result in results if isinstance(result, Placed)]
    refused = [result for result in results if isinstance(result, NotAvailable)]
    assert (won.is_new, len(refused)) == (True, _BUYERS - 1)
    kept = await store.pets.get(pet_id)
    assert kept == won.stored
    assert kept.value.status == "pending"


async def test_one_buyer_many_times_at_once(store: Store) -> None:
    """Of equal requests of one buyer at once one places the order; all get that order."""
    pet_id = await _a_pet(store)
    placed = await asyncio.gather(*(Orders(store, _BOB).place(pet_id, {}) for _ in range(20)))
    assert sum(one.is_new for one in placed) == 1
    assert len({one.stored.value.order.id for one in placed if one.stored.value.order}) == 1


async def test_the_pet_follows_its_order(store: Store) -> None:
    """Placed and approved make the pet pending, delivered makes it sold, cancelled available."""
    pet_id = await _a_pet(store)
    bob, owner = Orders(store, _BOB), Orders(store, _OWNER)
    await bob.place(pet_id, {})
    await bob.cancel(pet_id)
    assert (await store.pets.get(pet_id)).value.status == "available"
    await bob.place(pet_id, {})
    for step, status in (("approved", "pending"), ("delivered", "sold")):
        changed = await owner.patch(pet_id, {"status": step})
        assert changed.value.status == status
        found = (await store.pets.find(PetQuery(status=changed.value.status))).items
        assert [pet.id for pet in found] == [pet_id]


_STEPS = {("placed", "approved"), ("approved", "delivered")}
_STATUSES = ("placed", "approved", "delivered")


@pytest.mark.parametrize("now", _STATUSES)
@pytest.mark.parametrize("wanted", _STATUSES)
async def test_the_steps(store: Store, now: str, wanted: str) -> None:
    """An order goes from placed to approved to delivered; the same again changes nothing."""
    order = Order(new_id(), "", "", status=now, buyer="bob")  # type: ignore[arg-type]
    pet = a_pet(owner_id="ada").with_order(order, "")
    before = await store.pets.add(pet)
    if (now, wanted) in _STEPS:
        changed = (await Orders(store, _OWNER).patch(pet.id, {"status": wanted})).value.order
        assert changed is not None
        assert changed.status == wanted
    elif now == wanted:
        assert await Orders(store, _OWNER).patch(pet.id, {"status": wanted}) == before
        assert await store.pets.get(pet.id) == before
    else:
        with pytest.raises(WrongStep):
            await Orders(store, _OWNER).patch(pet.id, {"status": wanted})


async def test_a_delivered_order_stays(store: Store) -> None:
    """What is delivered is not cancelled, ordered again or put up for sale; its buyer sees it."""
    pet_id = await _a_pet(store)
    order_id = (await Orders(store, _BOB).place(pet_id, {})).stored.value.order
    for step in ("approved", "delivered"):
        await Orders(store, _OWNER).patch(pet_id, {"status": step})
    for who in (_BOB, _OWNER):
        with pytest.raises(WrongStep):
            await Orders(store, who).cancel(pet_id)
    with pytest.raises(NotAvailable):
        await Orders(store, Caller("eve")).place(pet_id, {})
    with pytest.raises(Ordered):
        await Pets(store, _OWNER).patch(pet_id, {"status": "available"})
    again = await Orders(store, _BOB).place(pet_id, {})
    assert not again.is_new
    assert order_id is not None
    assert again.stored.value.order is not None
    assert again.stored.value.order.id == order_id.id
    await Pets(store, _OWNER).remove(pet_id)


@pytest.mark.parametrize("status", ["pending", "sold"])
async def test_what_is_not_available_is_not_ordered(store: Store, status: str) -> None:
    """A pet without an order whose owner says that it is pending or sold cannot be ordered."""
    pet_id = await _a_pet(store, status=status)
    with pytest.raises(NotAvailable):
        await Orders(store, _BOB).place(pet_id, {})


async def test_changes_of_a_pet_that_is_ordered(store: Store) -> None:
    """Another status or a deletion is refused; whatever else changes, order and status stay."""
    pet_id = await _a_pet(store)
    order = (await Orders(store, _BOB).place(pet_id, {})).stored.value.order
    pets = Pets(store, _OWNER)
    body = {"name": "Bo", "species": "cat"}
    for status in ("available", "sold"):
        with pytest.raises(Ordered):
            await pets.patch(pet_id, {"status": status})
        with pytest.raises(Ordered):
            await pets.replace(pet_id, {**body, "status": status})
    with pytest.raises(Ordered):
        await pets.remove(pet_id)
    with pytest.raises(Ordered):
        await Pets(store).remove(pet_id)  # an administrator
    for changed in (await pets.replace(pet_id, body), await pets.patch(pet_id, {"tags": ["x"]})):
        assert (changed.value.order, changed.value.status) == (order, "pending")


@pytest.mark.parametrize("change", ["replace", "patch", "remove"])
async def test_an_order_between_read_and_write(
    store: Store, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order that lands between a change's look and its write is not undone by the change."""
    pet_id = await _a_pet(store)
    get, placed = store.pets.get, list[bool]()

    async def get_then_lose(item_id: str) -> object:
        kept = await get(item_id)
        if not placed:
            placed.append(True)
            await Orders(store, _BOB).place(pet_id, {})
        return kept

    monkeypatch.setattr(store.pets, "get", get_then_lose)
    pets = Pets(store, _OWNER)
    body: dict[str, object] = {"name": "Bo", "species": "cat", "status": "available"}
    with pytest.raises(Ordered):
        await (pets.remove(pet_id) if change == "remove" else getattr(pets, change)(pet_id, body))
    kept = (await get(pet_id)).value
    assert kept.order is not None
    assert (kept.order.buyer, kept.status) == ("bob", "pending")


async def test_a_hundred_orders_in_a_row(store: Store) -> None:
    """Orders that are placed and cancelled leave nothing behind: the document does not grow."""
    pet_id = await _a_pet(store)

    async def place_and_cancel() -> int:
        await Orders(store, _BOB).place(pet_id, {"note": "x" * 100})
        await Orders(store, _BOB).cancel(pet_id)
        return len(json.dumps(await read_raw(store.pets, pet_id)))

    for _ in range(5):  # until the marks of its writes are all there
        first = await place_and_cancel()
    for _ in range(95):
        last = await place_and_cancel()
    assert abs(last - first) <= 4  # the numbers in the store's own members have other lengths


async def test_a_repeat_with_other_members(store: Store) -> None:
    """Members that are named again must be those of the order; those that are not do not matter."""
    pet_id = await _a_pet(store)
    bob = Orders(store, _BOB)
    first = await bob.place(pet_id, {"note": "ring", "ship_by": "2020-01-01"})
    for body in ({}, {"note": "ring"}, {"note": "ring", "ship_by": "2020-01-01"}):
        assert (await bob.place(pet_id, body)).stored == first.stored
    with pytest.raises(NotAvailable):
        await bob.place(pet_id, {"note": "knock"})


@pytest.mark.parametrize(
    "body",
    [
        *([], "x", None, {"id": "x"}, {"buyer": "eve"}, {"status": "approved"}, {"note": 1}),
        *({"note": "x" * 1_001}, {"note": "\x00"}, {"ship_by": "2026-02-30"}, {"ship_by": ""}),
        *({"contact_email": "no"}, {"contact_email": "a@b.example\r\nBcc: x@y.example"}),
        {f"m{n}": 1 for n in range(10_000)},
    ],
    ids=lambda body: str(body)[:30],
)
async def test_bad_orders(store: Store, body: object) -> None:
    """What breaks a rule is refused with at most 50 reasons, and orders nothing."""
    pet_id = await _a_pet(store)
    with pytest.raises(InvalidOrder) as caught:
        await Orders(store, _BOB).place(pet_id, body)
    assert 1 <= len(caught.value.violations) <= 50
    assert (await store.pets.get(pet_id)).value.order is None


async def test_what_is_not_there(store: Store) -> None:
    """Where there is no pet, or no order, nothing is found, moved or cancelled."""
    pet_id = await _a_pet(store)
    for missing, kind in ((new_id(), NotFound), ("x", NotFound), (pet_id, OrderNotFound)):
        for call in (
            Orders(store, _OWNER).get(missing),
            Orders(store, _OWNER).patch(missing, {"status": "approved"}),
            Orders(store, _OWNER).cancel(missing),
        ):
            with pytest.raises(kind):
                await call
    with pytest.raises(NotFound):
        await Orders(store, _BOB).place(new_id(), {})


async def test_documents_of_the_release_before(store: Store) -> None:
    """A pet whose document knows no order is read, and can be ordered."""
    pet_id = await _a_pet(store)
    await change_raw(store.pets, pet_id, lambda document: document.pop("order"))
    placed = await Orders(store, _BOB).place(pet_id, {})
    order = placed.stored.value.order
    assert order is not None
    assert is_id(order.id)
    assert (await store.pets.get(pet_id)).value.order == order


async def test_unknown_members_of_an_order_survive(store: Store) -> None:
    """What a newer release put into an order is still there after pet and order changed."""
    pet_id = await _a_pet(store)
    await Orders(store, _BOB).place(pet_id, {})
    await change_raw(
        store.pets, pet_id, lambda document: document["order"].update(parcel={"number": 7})
    )
    await Pets(store, _OWNER).patch(pet_id, {"name": "Bo"})
    changed = await Orders(store, _OWNER).patch(pet_id, {"status": "approved"})
    kept = await read_raw(store.pets, pet_id)
    assert (kept["order"]["parcel"], kept["order"]["status"]) == ({"number": 7}, "approved")
    assert changed.value.order is not None
    assert b"parcel" not in changed.value.order.view(whole=True)


@pytest.mark.parametrize("order", [7, [], "x", {}, {"id": "x"}], ids=str)
async def test_an_unreadable_order(store: Store, order: object) -> None:
    """A pet whose order cannot be read cannot be read: its order is never overwritten unseen."""
    pet_id = await _a_pet(store)
    await change_raw(store.pets, pet_id, lambda document: document.update(order=order))
    with pytest.raises(Unreadable):
        await Orders(store, _BOB).place(pet_id, {})
    assert (await read_raw(store.pets, pet_id))["order"] == order


@pytest.mark.parametrize("times", [1, 5])
async def test_a_lost_answer(faulty_store: CosmosStore, wire: TwoPartitions, times: int) -> None:
    """An order whose answer was lost is the buyer's all the same, at once or when it is repeated."""
    pet_id = await _a_pet(faulty_store)
    wire.fault = Fault("lose", requests=("replace",), times=times)
    try:
        await Orders(faulty_store, _BOB).place(pet_id, {})
    except StoreUnavailable:
        wire.fault = None
        assert not (await Orders(faulty_store, _BOB).place(pet_id, {})).is_new
    wire.fault = None
    kept = (await faulty_store.pets.get(pet_id)).value.order
    assert kept is not None
    assert kept.buyer == "bob"
    with pytest.raises(NotAvailable):
        await Orders(faulty_store, Caller("eve")).place(pet_id, {})


async def test_what_an_order_costs(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """An order is one read and one conditional write; a refusal is one read."""
    pet_id = await _a_pet(faulty_store)
    wire.requests.clear()
    await Orders(faulty_store, _BOB).place(pet_id, {})
    assert wire.requests == ["read", "replace"]
    with pytest.raises(NotAvailable):
        await Orders(faulty_store, Caller("eve")).place(pet_id, {})
    assert wire.requests == ["read", "replace", "read"]


async def test_what_somebody_ordered(store: Store) -> None:
    """The list has the live and delivered orders of one buyer, page by page, and no other's."""
    mine = [await _a_pet(store) for _ in range(5)]
    other, free = await _a_pet(store), await _a_pet(store)
    for pet_id in mine:
        await Orders(store, _BOB).place(pet_id, {})
    await Orders(store, Caller("eve")).place(other, {})
    await Orders(store, _BOB).place(free, {})
    await Orders(store, _BOB).cancel(free)
    await Orders(store, _OWNER).patch(mine[0], {"status": "approved"})
    query, found = PetQuery(limit=2, buyer_id="bob"), list[str]()
    while True:
        page = await Orders(store, _BOB).find(query)
        found += [pet.id for pet in page.items]
        if page.after is None:
            break
        query = replace(query, after=page.after)
    assert found == mine[::-1]


async def test_the_inventory(store: Store) -> None:
    """All three statuses are counted, those without a pet too, and follow orders."""
    assert await Pets(store).count() == {"available": 0, "pending": 0, "sold": 0}
    ids = [await _a_pet(store) for _ in range(7)]
    await _a_pet(store, status="sold")
    await Orders(store, _BOB).place(ids[0], {})
    assert await Pets(store).count() == {"available": 6, "pending": 1, "sold": 1}
