"""What every store promises about idempotency keys, and creating once on each of them."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from petstore import idempotency
from petstore.errors import KeyInFlight, KeyReused, StoreUnavailable
from petstore.idempotency import create_once
from petstore.ids import new_id
from petstore.pets import Pets
from petstore.repository import CLAIM_SECONDS, Claim, PetQuery, PetRepository, Stored
from petstore.repository.sqlite import SqlitePets
from tests.contract.samples import closing, crash_before_the_pet

BODY: dict[str, object] = {"name": "Ada", "species": "cat"}


def _claim(name: str = "a") -> Claim:
    return Claim(id=name * 64, fingerprint="f" * 64, pet_id=new_id())


async def _count(store: PetRepository) -> int:
    return len((await store.find(PetQuery(limit=100))).pets)


async def test_a_claim_is_kept(store: PetRepository) -> None:
    """The first claim is kept, and whoever comes later is given it."""
    first = _claim()
    assert await store.claim(first) == first
    assert await store.claim(_claim()) == first
    assert (await store.claim(_claim("b"))).id == "b" * 64


async def test_a_settled_claim(store: PetRepository) -> None:
    """A settled claim tells the version."""
    settled = replace(await store.claim(_claim()), version='"v-1"')
    await store.settle(settled)
    assert await store.claim(_claim()) == settled


async def test_of_many_claims_one_is_kept(store: PetRepository) -> None:
    """Of 20 claims at once one is kept, and all are given it."""
    kept = await asyncio.gather(*(store.claim(_claim()) for _ in range(20)))
    assert len(set(kept)) == 1


async def test_once(store: PetRepository) -> None:
    """The same key and body makes one pet, and gives the first answer again."""
    first, replayed = await create_once(store, BODY, "k")
    again, replayed_again = await create_once(store, dict(reversed(BODY.items())), "k")
    assert (replayed, replayed_again) == (False, True)
    assert again == first
    assert await _count(store) == 1


async def test_the_first_answer_stays(store: PetRepository) -> None:
    """A replay gives the pet as it was made, though it was changed or deleted since."""
    first, _ = await create_once(store, BODY, "k")
    await Pets(store).patch(first.pet.id, {"name": "Bo"})
    assert await create_once(store, BODY, "k") == (first, True)
    await store.remove(first.pet.id)
    assert await create_once(store, BODY, "k") == (first, True)
    assert await _count(store) == 0


async def test_another_body(store: PetRepository) -> None:
    """The same key with another body is refused; other keys make other pets."""
    await create_once(store, BODY, "k")
    with pytest.raises(KeyReused):
        await create_once(store, BODY | {"name": "Bo"}, "k")
    await create_once(store, BODY, "K")
    assert await _count(store) == 2


async def test_twenty_at_once(store: PetRepository) -> None:
    """Twenty equal requests at once make one pet; each is given it or told to wait."""
    results = await asyncio.gather(
        *(create_once(store, BODY, "k") for _ in range(20)), return_exceptions=True
    )
    made = [result for result in results if not isinstance(result, BaseException)]
    assert all(isinstance(r, KeyInFlight) for r in results if isinstance(r, BaseException))
    assert [replayed for _, replayed in made].count(False) == 1
    assert len({stored.pet.id for stored, _ in made}) == 1
    assert await _count(store) == 1


async def test_a_crash_before_the_pet(
    store: PetRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between claim and pet holds the key for a while; then a retry makes that pet."""
    await crash_before_the_pet(store, BODY, "k", monkeypatch)
    with pytest.raises(KeyInFlight) as caught:
        await create_once(store, BODY, "k")
    assert 1 <= caught.value.retry_after <= idempotency.IN_FLIGHT + 1
    monkeypatch.setattr(idempotency, "IN_FLIGHT", 0)
    healed = await asyncio.gather(*(create_once(store, BODY, "k") for _ in range(10)))
    assert len({stored.pet.id for stored, _ in healed}) == 1
    assert await _count(store) == 1


async def test_a_crash_after_the_pet(store: PetRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between pet and settling is healed by the next retry, at once."""

    async def fail(_: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store, "settle", fail)
        first, _ = await create_once(store, BODY, "k")
    assert await create_once(store, BODY, "k") == (first, True)
    assert await _count(store) == 1


async def test_changed_before_it_was_settled(
    store: PetRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the first version is lost, a replay gives the first pet without a version."""

    async def fail(_: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store, "settle", fail)
        first, _ = await create_once(store, BODY, "k")
    await Pets(store).patch(first.pet.id, {"name": "Bo"})
    assert await create_once(store, BODY, "k") == (Stored(first.pet, ""), True)


async def test_claims_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 24 hours a key is free again (Cosmos DB does this by itself)."""
    async with closing(SqlitePets(tmp_path / "pets.db")) as store:
        first = await store.claim(_claim())
        now = time.time()
        monkeypatch.setattr("time.time", lambda: now + CLAIM_SECONDS - 5)
        assert await store.claim(_claim()) == first
        monkeypatch.setattr("time.time", lambda: now + CLAIM_SECONDS + 5)
        assert await store.claim(_claim()) != first
