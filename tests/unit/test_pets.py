"""The rules about pets, on a real store whose pets others change meanwhile."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from petstore.errors import InvalidPet, NotFound, VersionConflict
from petstore.ids import moment_of, new_id
from petstore.models import Pet
from petstore.pets import Pets
from petstore.repository import PetQuery, Stored
from petstore.repository.sqlite import SqlitePets
from petstore.terms import timestamp

BODY: dict[str, object] = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}


class ContestedPets(SqlitePets):
    """A store in which somebody else changes the pet just before each of the next replacements."""

    rivals = 0

    async def replace(self, pet: Pet, version: str | None = None) -> Stored:
        """Let a rival come first."""
        if self.rivals:
            self.rivals -= 1
            current = await self.get(pet.id)
            tags = [*current.pet.tags, "rival"]
            await super().replace(current.pet.model_copy(update={"tags": tags}))
        return await super().replace(pet, version)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ContestedPets]:
    """Give an empty store."""
    store = ContestedPets(tmp_path / "pets.db")
    yield store
    await store.close()


async def test_a_new_pet(store: ContestedPets) -> None:
    """A new pet gets an id, and the moment of that id as its times."""
    made = await Pets(store).create(BODY)
    assert made.pet.created_at == made.pet.updated_at == timestamp(moment_of(made.pet.id))
    assert await Pets(store).get(made.pet.id) == made


async def test_a_bad_pet_is_not_kept(store: ContestedPets) -> None:
    """What breaks a rule does not reach the store."""
    with pytest.raises(InvalidPet):
        await Pets(store).create({"name": "Ada"})
    assert (await Pets(store).find(PetQuery())).pets == []


async def test_patch_keeps_the_address(store: ContestedPets) -> None:
    """A patch of other members leaves the address that nobody sees."""
    made = await Pets(store).create(BODY)
    patched = await Pets(store).patch(made.pet.id, {"name": "Bo"})
    assert patched.pet.owner_email == "ada@example.com"


async def test_replace_takes_all(store: ContestedPets) -> None:
    """A replacement takes away the address that it does not name."""
    made = await Pets(store).create(BODY)
    replaced = await Pets(store).replace(made.pet.id, {"name": "Bo", "species": "dog"})
    assert replaced.pet.owner_email is None
    assert replaced.pet.created_at == made.pet.created_at


async def test_patch_tries_again(store: ContestedPets) -> None:
    """A patch that loses a race is made again on the new state: both changes are kept."""
    made = await Pets(store).create(BODY)
    store.rivals = 3
    patched = await Pets(store).patch(made.pet.id, {"name": "Bo"})
    assert (patched.pet.name, patched.pet.tags) == ("Bo", ["rival"] * 3)


async def test_patch_gives_up(store: ContestedPets) -> None:
    """After four lost races the patch is refused, and the others' changes stand."""
    made = await Pets(store).create(BODY)
    store.rivals = 4
    with pytest.raises(VersionConflict):
        await Pets(store).patch(made.pet.id, {"name": "Bo"})
    kept = (await Pets(store).get(made.pet.id)).pet
    assert (kept.name, kept.tags) == ("Ada", ["rival"] * 4)


@pytest.mark.parametrize("pet_id", ["", "1", "a/b", "?", new_id()])
async def test_no_such_pet(store: ContestedPets, pet_id: str) -> None:
    """Nothing is found, changed or removed where there is no pet."""
    with pytest.raises(NotFound):
        await Pets(store).get(pet_id)
    with pytest.raises(NotFound):
        await Pets(store).replace(pet_id, BODY)
    with pytest.raises(NotFound):
        await Pets(store).patch(pet_id, {})
    with pytest.raises(NotFound):
        await Pets(store).remove(pet_id)
