"""What every store promises about single pets."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace as with_changes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petstore.errors import AlreadyExists, NotFound, VersionConflict
from petstore.ids import new_id
from petstore.pet import Pet
from petstore.repository.port import Store, Stored
from tests.contract.samples import a_pet

# Texts that a careless store would change, cut, or take for something else.
_ODD = [
    "🐈‍⬛",
    "\"'`\\",
    "' OR 1=1 --",
    "Zoë",
    "e\u0301",
    "\u2028\ufeff",
    "\U0001d507og",
    "@id",
    "%00",
    "{}",
]
_NAMES = st.one_of(
    st.sampled_from(_ODD),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=100).filter(
        str.strip
    ),
)
_NO_VERSIONS = ["", "*", '"', '""', "a,b", '"a", "b"', "é", "a\r\nX-Y: z", "\0", "W/x", "a" * 5000]


async def test_get_gives_what_was_added(store: Store) -> None:
    """A pet comes back whole, with the version that adding it gave."""
    pet = a_pet(
        breed="Collie",
        description="two\nlines",
        birth_date="2024-02-29",
        tags=["good", "old", "good"],
        photo_urls=["https://example.com/rex.jpg"],
        status="pending",
        owner_email="owner@example.com",
    )
    added = await store.pets.add(pet)
    assert added.value == pet
    assert await store.pets.get(pet.id) == added


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=_NAMES, description=st.sampled_from([None, "", "\t\r\n", *_ODD]))
async def test_every_text_is_kept(store: Store, name: str, description: str | None) -> None:
    """Text comes back character by character, also such as an older release allowed."""
    pet = a_pet(name=name, species="Dog", tags=[name[:40]], description=description)
    await store.pets.add(pet)
    assert (await store.pets.get(pet.id)).value == pet


async def test_get_misses(store: Store) -> None:
    """A pet that was never added is not found."""
    pet_id = new_id()
    with pytest.raises(NotFound) as caught:
        await store.pets.get(pet_id)
    assert caught.value.item_id == pet_id


async def test_add_is_create_only(store: Store) -> None:
    """A taken id is refused, and the pet that has it stays as it is."""
    added = await store.pets.add(a_pet())
    with pytest.raises(AlreadyExists):
        await store.pets.add(with_changes(added.value, name="Impostor"))
    with pytest.raises(AlreadyExists):
        await store.pets.add(added.value)
    assert await store.pets.get(added.value.id) == added


@pytest.mark.parametrize("with_version", [False, True])
async def test_replace(store: Store, *, with_version: bool) -> None:
    """A replacement takes the pet's place, with a new version."""
    added = await store.pets.add(a_pet())
    changed = with_changes(added.value, name="Max", tags=["new"])
    replaced = await store.pets.replace(changed, added.version if with_version else None)
    assert replaced.value == changed
    assert replaced.version != added.version
    assert await store.pets.get(changed.id) == replaced


@pytest.mark.parametrize("with_version", [False, True])
async def test_remove(store: Store, *, with_version: bool) -> None:
    """A removed pet is gone, and its id is free."""
    added = await store.pets.add(a_pet())
    await store.pets.remove(added.value.id, added.version if with_version else None)
    with pytest.raises(NotFound):
        await store.pets.get(added.value.id)
    await store.pets.add(added.value)


async def test_stale_version(store: Store) -> None:
    """Whoever names an old version changes nothing."""
    added = await store.pets.add(a_pet())
    current = await store.pets.replace(with_changes(added.value, name="Max"), added.version)
    with pytest.raises(VersionConflict):
        await store.pets.replace(added.value, added.version)
    with pytest.raises(VersionConflict):
        await store.pets.remove(added.value.id, added.version)
    assert await store.pets.get(added.value.id) == current


@pytest.mark.parametrize("version", _NO_VERSIONS)
async def test_text_that_is_no_version(store: Store, version: str) -> None:
    """Whatever text a caller names as version, it is just not the current one."""
    added = await store.pets.add(a_pet())
    with pytest.raises(VersionConflict):
        await store.pets.replace(added.value, version)
    with pytest.raises(VersionConflict):
        await store.pets.remove(added.value.id, version)
    assert await store.pets.get(added.value.id) == added


@pytest.mark.parametrize("version", [None, "abc", "*"])
async def test_change_of_a_missing_pet(store: Store, version: str | None) -> None:
    """What is not there cannot be changed, with whichever version."""
    pet = a_pet()
    with pytest.raises(NotFound):
        await store.pets.replace(pet, version)
    with pytest.raises(NotFound):
        await store.pets.remove(pet.id, version)


@pytest.mark.parametrize("pet_id", ["", "a/b", "..", "x?y#z", "é", "a\r\nb", "a" * 3000, "x "])
async def test_text_that_is_no_id(store: Store, pet_id: str) -> None:
    """Whatever text is taken for an id, there is just no pet with it."""
    with pytest.raises(NotFound):
        await store.pets.get(pet_id)
    with pytest.raises(NotFound):
        await store.pets.remove(pet_id)


async def test_each_write_changes_the_version(store: Store) -> None:
    """No version comes twice, even when nothing is changed or the id is used again."""
    first = await store.pets.add(a_pet())
    second = await store.pets.replace(first.value)
    third = await store.pets.replace(first.value)
    await store.pets.remove(first.value.id)
    fourth = await store.pets.add(first.value)
    assert len({first.version, second.version, third.version, fourth.version}) == 4


async def test_one_of_50_writers_wins(store: Store) -> None:
    """Of 50 replacements with one version exactly one is done, and stays."""
    added = await store.pets.add(a_pet())
    pets = [with_changes(added.value, name=f"Rex {n}") for n in range(50)]
    winner, others = await _race(*(store.pets.replace(pet, added.version) for pet in pets))
    assert all(isinstance(error, VersionConflict) for error in others)
    assert await store.pets.get(added.value.id) == winner


async def test_one_of_50_creators_wins(store: Store) -> None:
    """Of 50 that add a pet with one id exactly one succeeds, though the pets are equal."""
    pet = a_pet()
    winner, others = await _race(*(store.pets.add(pet) for _ in range(50)))
    assert all(isinstance(error, AlreadyExists) for error in others)
    assert await store.pets.get(pet.id) == winner


async def test_one_of_20_removers_wins(store: Store) -> None:
    """Of 20 removals exactly one is done; the others find nothing."""
    added = await store.pets.add(a_pet())
    removals = [store.pets.remove(added.value.id, added.version) for _ in range(20)]
    outcomes = await asyncio.gather(*removals, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, NotFound) for outcome in outcomes) == 19


async def test_life_sign(store: Store) -> None:
    """A store that works says so, before and after it was used."""
    await store.ping()
    await store.pets.add(a_pet())
    await store.ping()


async def test_close_twice(store: Store) -> None:
    """Closing is always possible, also unused or again; leftovers would fail the run."""
    await store.close()
    await store.close()


async def _race(*writes: Awaitable[Stored[Pet]]) -> tuple[Stored[Pet], list[BaseException]]:
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    winners = [outcome for outcome in outcomes if isinstance(outcome, Stored)]
    assert len(winners) == 1
    return winners[0], [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
