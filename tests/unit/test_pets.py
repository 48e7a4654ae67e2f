"""The rules about pets, on a real store whose pets others change meanwhile."""

from collections.abc import AsyncIterator
from dataclasses import replace as with_changes
from pathlib import Path
from typing import override

import pytest

from petstore import patience
from petstore.errors import Contended, InvalidPet, NotFound, VersionConflict
from petstore.ids import moment_of
from petstore.pet import Pet
from petstore.pets import Pets
from petstore.repository.port import PetQuery, Stored
from petstore.repository.sqlite.pets import SqlitePets
from petstore.repository.sqlite.store import SqliteStore
from petstore.timestamps import timestamp

BODY: dict[str, object] = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}


class ContestedPets(SqlitePets):
    """Pets that somebody else changes just before each of the next replacements."""

    rivals = 0

    @override
    async def replace(self, item: Pet, version: str | None = None) -> Stored[Pet]:
        if self.rivals:
            self.rivals -= 1
            current = await self.get(item.id)
            tags = [*current.value.tags, "rival"]
            await super().replace(with_changes(current.value, tags=tags))
        return await super().replace(item, version)


class ContestedStore(SqliteStore):
    """A store with such pets."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.pets: ContestedPets = ContestedPets(self._file, self._tally)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ContestedStore]:
    """Return an empty store."""
    store = ContestedStore(tmp_path / "pets.db")
    yield store
    await store.close()


async def test_a_new_pet(store: ContestedStore) -> None:
    """A new pet gets an id, and the moment of that id as its times."""
    made = (await Pets(store).create(BODY)).stored
    assert made.value.created_at == made.value.updated_at == timestamp(moment_of(made.value.id))
    assert await Pets(store).get(made.value.id) == made


async def test_a_bad_pet_is_not_kept(store: ContestedStore) -> None:
    """What breaks a rule does not reach the store."""
    with pytest.raises(InvalidPet):
        await Pets(store).create({"name": "Ada"})
    assert (await Pets(store).find(PetQuery())).items == []


async def test_patch_keeps_the_address(store: ContestedStore) -> None:
    """A patch of other members leaves the address that nobody sees."""
    made = (await Pets(store).create(BODY)).stored
    patched = await Pets(store).patch(made.value.id, {"name": "Bo"})
    assert patched.value.owner_email == "ada@example.com"


async def test_replace_takes_all(store: ContestedStore) -> None:
    """A replacement removes the address that it does not name."""
    made = (await Pets(store).create(BODY)).stored
    replaced = await Pets(store).replace(made.value.id, {"name": "Bo", "species": "dog"})
    assert replaced.value.owner_email is None
    assert replaced.value.created_at == made.value.created_at


async def test_patch_tries_again(store: ContestedStore) -> None:
    """A patch that loses a race is made again on the new state: both changes are kept."""
    made = (await Pets(store).create(BODY)).stored
    store.pets.rivals = 3
    patched = await Pets(store).patch(made.value.id, {"name": "Bo"})
    assert (patched.value.name, patched.value.tags) == ("Bo", ["rival"] * 3)


async def test_replace_tries_again(store: ContestedStore) -> None:
    """A replacement that names no version is made on the newest state, and never on an older one."""
    made = (await Pets(store).create(BODY)).stored
    store.pets.rivals = 3
    replaced = await Pets(store).replace(made.value.id, {"name": "Bo", "species": "dog"})
    assert (replaced.value.name, replaced.value.tags) == ("Bo", [])
    assert store.pets.rivals == 0


@pytest.mark.parametrize("change", ["patch", "replace"])
async def test_giving_up(
    store: ContestedStore, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """When others get in the way to the end of the time budget, nothing is done and theirs stands."""
    monkeypatch.setattr(patience, "BUDGET", 0.1)
    made = (await Pets(store).create(BODY)).stored
    store.pets.rivals = 1_000_000
    with pytest.raises(Contended) as caught:
        await getattr(Pets(store), change)(made.value.id, {"name": "Bo", "species": "dog"})
    assert caught.value.retry_after >= 1
    assert store.pets.rivals < 1_000_000
    kept = (await Pets(store).get(made.value.id)).value
    assert kept.name == "Ada"
    assert set(kept.tags) == {"rival"}


@pytest.mark.parametrize("change", ["patch", "replace"])
async def test_a_version_that_is_named_is_not_tried_again(
    store: ContestedStore, change: str
) -> None:
    """Who names a version is refused as soon as another change comes first."""
    made = (await Pets(store).create(BODY)).stored
    store.pets.rivals = 1
    with pytest.raises(VersionConflict):
        await getattr(Pets(store), change)(
            made.value.id, {"name": "Bo", "species": "dog"}, lambda version: version == made.version
        )


@pytest.mark.parametrize("pet_id", ["", "1", "a/b", "?", "01a2204b-5dd0-7000-845a-fcfab99b852c"])
async def test_no_such_pet(store: ContestedStore, pet_id: str) -> None:
    """Nothing is found, changed or removed where there is no pet."""
    with pytest.raises(NotFound):
        await Pets(store).get(pet_id)
    with pytest.raises(NotFound):
        await Pets(store).replace(pet_id, BODY)
    with pytest.raises(NotFound):
        await Pets(store).patch(pet_id, {})
    with pytest.raises(NotFound):
        await Pets(store).remove(pet_id)
