"""Changes of one pet at the same time, on every store."""

import asyncio
from dataclasses import replace as with_changes

import pytest

from petstore import patience
from petstore.pets import Pets
from petstore.repository.port import PetQuery, Store
from tests.contract.samples import a_pet

_CHANGES: list[dict[str, object]] = [
    {"name": "Bo"},
    {"species": "Bird"},
    {"breed": "Macaw"},
    {"description": "loud"},
    {"birth_date": "2024-02-29"},
    {"tags": ["loud", "blue"]},
    {"photo_urls": ["https://example.com/bo.jpg"]},
    {"status": "pending"},
    {"owner_email": "bo@example.com"},
]


@pytest.fixture(autouse=True)
def _much_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no change give up here, however busy the machine is."""
    monkeypatch.setattr(patience, "BUDGET", 60.0)


@pytest.mark.parametrize("times", [1, 4])
async def test_parallel_patches_all_survive(store: Store, times: int) -> None:
    """Of any number of patches at once that name no version, none is refused and none is lost."""
    pet = (await store.pets.add(a_pet())).value
    pets = Pets(store)
    await asyncio.gather(*(pets.patch(pet.id, change) for change in _CHANGES * times))
    kept = vars((await store.pets.get(pet.id)).value)
    for change in _CHANGES:
        assert {name: kept[name] for name in change} == change


async def test_replacements_and_patches_at_once(store: Store) -> None:
    """Of replacements and patches at once all are done, one after another: the last state is whole."""
    pet = (await store.pets.add(a_pet())).value
    pets = Pets(store)
    bodies = [{"name": f"Pet {n}", "species": "cat", "breed": f"Breed {n}"} for n in range(12)]
    await asyncio.gather(
        *(pets.replace(pet.id, body) for body in bodies),
        *(pets.patch(pet.id, {"description": f"patch {n}"}) for n in range(12)),
    )
    kept = (await store.pets.get(pet.id)).value
    assert {"name": kept.name, "species": kept.species, "breed": kept.breed} in bodies


async def test_a_replacement_meets_the_version_it_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that lands between a replacement's look and its own write is not overwritten unseen."""
    pet = (await store.pets.add(a_pet())).value
    seen: list[str] = []
    replace = store.pets.replace

    async def interfering(item: object, version: str | None = None) -> object:
        assert version is not None
        if not seen:
            await replace(with_changes(pet, owner_id="somebody"))
        seen.append(version)
        return await replace(item, version)  # type: ignore[arg-type]

    monkeypatch.setattr(store.pets, "replace", interfering)
    changed = await Pets(store).replace(pet.id, {"name": "Bo", "species": "cat"})
    assert changed.value.owner_id == "somebody"
    assert len(set(seen)) == 2
    assert [found.name for found in (await store.pets.find(PetQuery())).items] == ["Bo"]
