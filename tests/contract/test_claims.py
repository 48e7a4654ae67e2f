"""What every store promises about idempotency keys, and creating once on each of them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from petstore import idempotency
from petstore.errors import (
    AlreadyExists,
    KeyInFlight,
    KeyReused,
    NotFound,
    StoreUnavailable,
    VersionConflict,
)
from petstore.ids import new_id
from petstore.pet import Pet
from petstore.pets import Created, Pets
from petstore.repository.port import CLAIM_SECONDS, Claim, PetQuery, Store, Stored
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.samples import closing, crash_before_the_pet

BODY: dict[str, object] = {"name": "Ada", "species": "cat"}


def _claim(name: str = "a") -> Claim:
    return Claim(id=name * 64, fingerprint="f" * 64, pet_id=new_id())


async def _count(store: Store) -> int:
    return len((await store.pets.find(PetQuery(limit=100))).items)


async def test_a_claim_is_kept(store: Store) -> None:
    """The first claim of an id is kept; whoever comes later is refused and can read it."""
    first = _claim()
    added = await store.claims.add(first)
    assert added.value == first
    with pytest.raises(AlreadyExists):
        await store.claims.add(_claim())
    assert await store.claims.get(first.id) == added
    with pytest.raises(NotFound):
        await store.claims.get("b" * 64)
    assert (await store.claims.add(_claim("b"))).value.id == "b" * 64


async def test_a_settled_claim(store: Store) -> None:
    """A settled claim tells the pet's version, with a new version of its own."""
    added = await store.claims.add(_claim())
    settled = await store.claims.replace(replace(added.value, version='"v-1"'), added.version)
    assert settled.version != added.version
    assert await store.claims.get(settled.value.id) == settled
    with pytest.raises(VersionConflict):
        await store.claims.replace(added.value, added.version)
    await store.claims.remove(settled.value.id, settled.version)
    with pytest.raises(NotFound):
        await store.claims.replace(settled.value)


async def test_of_many_claims_one_is_kept(store: Store) -> None:
    """Of 20 claims at once one is kept, and all others are refused."""
    results = await asyncio.gather(
        *(store.claims.add(_claim()) for _ in range(20)), return_exceptions=True
    )
    (kept,) = [result for result in results if not isinstance(result, AlreadyExists)]
    assert await store.claims.get("a" * 64) == kept


async def test_a_claim_that_ends_meanwhile(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that expires between the refusal and the look is not an outage: the key is free."""
    first = (await Pets(store).create(BODY, "k")).stored
    get = store.claims.get

    async def expiring(claim_id: str) -> Stored[Claim]:
        with contextlib.suppress(NotFound):
            await store.claims.remove(claim_id)
        return await get(claim_id)

    monkeypatch.setattr(store.claims, "get", expiring)
    second = await Pets(store).create(BODY, "k")
    assert not second.replayed
    assert second.stored.value.id != first.value.id


async def test_once(store: Store) -> None:
    """The same key and body makes one pet, and gives the first answer again."""
    first = await Pets(store).create(BODY, "k")
    again = await Pets(store).create(dict(reversed(BODY.items())), "k")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.stored == first.stored
    assert await _count(store) == 1


async def test_the_first_answer_stays(store: Store) -> None:
    """A replay gives the pet as it was made, though it was changed or deleted since."""
    first = (await Pets(store).create(BODY, "k")).stored
    await Pets(store).patch(first.value.id, {"name": "Bo"})
    assert await Pets(store).create(BODY, "k") == Created(first, replayed=True)
    await store.pets.remove(first.value.id)
    assert await Pets(store).create(BODY, "k") == Created(first, replayed=True)
    assert await _count(store) == 0


async def test_another_body(store: Store) -> None:
    """The same key with another body is refused; other keys make other pets."""
    await Pets(store).create(BODY, "k")
    with pytest.raises(KeyReused):
        await Pets(store).create(BODY | {"name": "Bo"}, "k")
    await Pets(store).create(BODY, "K")
    assert await _count(store) == 2


async def test_twenty_at_once(store: Store) -> None:
    """Twenty equal requests at once make one pet; each is given it or told to wait."""
    results = await asyncio.gather(
        *(Pets(store).create(BODY, "k") for _ in range(20)), return_exceptions=True
    )
    made = [result for result in results if not isinstance(result, BaseException)]
    assert all(isinstance(r, KeyInFlight) for r in results if isinstance(r, BaseException))
    assert [created.replayed for created in made].count(False) == 1
    assert len({created.stored.value.id for created in made}) == 1
    assert await _count(store) == 1


async def test_a_crash_before_the_pet(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between claim and pet holds the key for a while; then a retry makes that pet."""
    await crash_before_the_pet(store, BODY, "k", monkeypatch)
    with pytest.raises(KeyInFlight) as caught:
        await Pets(store).create(BODY, "k")
    assert 1 <= caught.value.retry_after <= idempotency.IN_FLIGHT + 1
    monkeypatch.setattr(idempotency, "IN_FLIGHT", 0)
    healed = await asyncio.gather(*(Pets(store).create(BODY, "k") for _ in range(10)))
    assert len({created.stored.value.id for created in healed}) == 1
    assert await _count(store) == 1


@contextlib.asynccontextmanager
async def _no_settling(store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    async def fail(*_: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store.claims, "replace", fail)
        yield


async def _created_and_not_settled(store: Store, monkeypatch: pytest.MonkeyPatch) -> Stored[Pet]:
    """Create a pet whose create broke off after it; return the pet."""
    async with _no_settling(store, monkeypatch):
        with pytest.raises(StoreUnavailable):
            await Pets(store).create(BODY, "k")
    (pet,) = (await store.pets.find(PetQuery())).items
    return await store.pets.get(pet.id)


async def test_a_crash_after_the_pet(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between pet and settling is healed by the next retry, at once."""
    first = await _created_and_not_settled(store, monkeypatch)
    assert await Pets(store).create(BODY, "k") == Created(first, replayed=True)
    assert await _count(store) == 1


async def test_changed_before_it_was_settled(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first version is lost, a replay gives the first pet without a version."""
    first = await _created_and_not_settled(store, monkeypatch)
    await Pets(store).patch(first.value.id, {"name": "Bo"})
    for _ in range(2):
        assert await Pets(store).create(BODY, "k") == Created(
            Stored(first.value, ""), replayed=True
        )


@pytest.mark.parametrize("is_changed", [False, True])
async def test_who_was_told_never_gets_a_second_pet(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, is_changed: bool
) -> None:
    """Once a create was answered its key creates nothing more, though settling failed at first."""
    first = await _created_and_not_settled(store, monkeypatch)
    if is_changed:
        await Pets(store).patch(first.value.id, {"name": "Bo"})
    async with _no_settling(store, monkeypatch):
        with pytest.raises(StoreUnavailable):
            await Pets(store).create(BODY, "k")
    told = await Pets(store).create(BODY, "k")
    await store.pets.remove(first.value.id)
    monkeypatch.setattr(idempotency, "IN_FLIGHT", 0)
    assert await Pets(store).create(BODY, "k") == told
    assert await _count(store) == 0


async def test_claims_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 24 hours a key is free again (Cosmos DB does this by itself)."""
    async with closing(SqliteStore(tmp_path / "pets.db")) as store:
        first = await store.claims.add(_claim())
        now = time.time()
        monkeypatch.setattr("time.time", lambda: now + CLAIM_SECONDS - 5)
        with pytest.raises(AlreadyExists):
            await store.claims.add(_claim())
        monkeypatch.setattr("time.time", lambda: now + CLAIM_SECONDS + 5)
        assert await store.claims.add(_claim()) != first
