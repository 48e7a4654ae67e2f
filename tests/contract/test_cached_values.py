"""What stands under our keys in the cache and is not a pet of this release is never shown."""

from dataclasses import replace as with_changes

import pytest

from petstore.errors import NotFound
from petstore.pets import Pets
from petstore.repository.cache.values import key_of
from tests.contract.raw_documents import change_raw
from tests.contract.two_processes import Two, keep, read


@pytest.mark.parametrize(
    "value",
    [
        *(b"x", b"\xff\x00", b"null", b"[]", b"pet/1", b"pet/1 ", b"pet/1 {}", b"pet/1 [1, 2]"),
        *(b'pet/1 ["v"]', b'pet/1 ["v", {}]', b'pet/1 ["v", {"id": 1}]', b"pet/1 " + b"[" * 100_000),
        *(b"pet/x y", b"lease", b" ", b'{"name": "Rex"}', b"x" * 1_000_000),
    ],
)  # fmt: skip
async def test_nonsense_is_a_miss_and_goes(two: Two, value: bytes) -> None:
    """What is not a value of ours is never shown, is removed, and the next reader fills."""
    pet = (await keep(two)).value
    two.redis.ask("SET", key_of(pet.id), value)
    assert await read(two.one, pet) == ("Rex", "miss")
    assert await read(two.one, pet) == ("Rex", "fill")
    assert await read(two.other, pet) == ("Rex", "hit")


@pytest.mark.parametrize("command", ["RPUSH", "SADD", "PFADD"])
async def test_another_kind_of_key_is_a_miss_and_goes(two: Two, command: str) -> None:
    """A list, a set or a sketch under our key is removed, by a reader and by a writer."""
    pet = (await keep(two)).value
    two.redis.ask(command, key_of(pet.id), "x")
    assert await read(two.one, pet) == ("Rex", "miss")
    assert await read(two.one, pet) == ("Rex", "fill")
    two.redis.ask("DEL", key_of(pet.id))
    two.redis.ask(command, key_of(pet.id), "x")
    await two.one.pets.replace(with_changes(pet, name="Max"))
    assert two.value(pet) == b""


async def test_the_pet_of_another_key_is_a_miss(two: Two) -> None:
    """A pet under another one's key, and one with a version that is not a tag, are never shown."""
    pet, other = (await keep(two)).value, (await keep(two, name="Max")).value
    await read(two.one, other)
    value = two.value(other)
    assert value is not None
    two.redis.ask("SET", key_of(pet.id), value)
    assert await read(two.one, pet) == ("Rex", "miss")
    broken = value.replace(b'["', b'["\\r\\nX: y', 1)
    assert broken != value
    two.redis.ask("SET", key_of(other.id), broken)
    assert await read(two.one, other) == ("Max", "miss")


async def test_values_of_another_release(two: Two) -> None:
    """A value of another form is a miss and stays, for the release that reads it; a write drops it."""
    pet = (await keep(two)).value
    newer = b'pet/2 {"name": "of tomorrow"}'
    two.redis.ask("SET", key_of(pet.id), newer, "PX", 60_000)
    assert await read(two.one, pet) == ("Rex", "miss")
    assert two.value(pet) == newer
    await two.one.pets.replace(with_changes(pet, name="Max"))
    assert two.value(pet) == b""


async def test_members_of_a_newer_release_arekeep(two: Two) -> None:
    """What a newer release wrote into a document goes through the cache and back into the store."""
    pet = (await keep(two)).value
    await change_raw(two.pets, pet.id, lambda document: document.update(chip="985"))
    await read(two.one, pet)
    found = await two.other.pets.get(pet.id)
    assert found.value.more == {"chip": "985"}
    await Pets(two.other).patch(pet.id, {"name": "Max"})
    assert (await two.beneath.pets.get(pet.id)).value.more == {"chip": "985"}


@pytest.mark.parametrize(
    "odd", ["x", "", "pet:1", "*", "a\r\nGET b", "01A22130-5BC5-7000-AB5F-BABF4CF0B90E"]
)
async def test_ids_that_are_not_ours(two: Two, odd: str) -> None:
    """What cannot be one of our ids never reaches the cache."""
    before = two.redis.ask("INFO", "commandstats")
    with pytest.raises(NotFound):
        await two.one.pets.get(odd)
    assert (
        before["cmdstat_set"]["calls"]
        == two.redis.ask("INFO", "commandstats")["cmdstat_set"]["calls"]
    )
