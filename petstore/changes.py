"""One conditional write: the whole of what keeps a pet from being sold twice.

A change reads the pet, decides, and writes on the condition that the pet is still as it was read
(``_etag`` on Cosmos DB, a version on SQLite). Of any number of writers with one version exactly
one wins; the others read again, and decide again on what they then see. No lock, no transaction.
"""

from collections.abc import Awaitable, Callable

from petstore.errors import NotFound, VersionConflict
from petstore.ids import is_id
from petstore.patience import Patience
from petstore.pet import Pet
from petstore.repository.port import PetRepository, Stored

# A test that a pet must pass before it may be changed.
Condition = Callable[[Stored[Pet]], bool]
# What is done before a write is tried, with the pet as it is and as it will be.
BeforeWrite = Callable[[Pet, Pet], Awaitable[None]]


async def change(
    pets: PetRepository,
    pet_id: str,
    decide: Callable[[Stored[Pet]], Pet],
    before_write: BeforeWrite | None = None,
) -> Stored[Pet]:
    """Keep what ``decide`` makes of a pet as it is now; again when another change comes between.

    Args:
        pets: where pets are kept.
        pet_id: which pet.
        decide: returns the changed pet, the same object for no change, or raises what is wrong.
        before_write: is called before each attempt to write, which may lose all the same.

    Raises:
        NotFound: there is no such pet.
        Contended: others changed it at each attempt.
    """
    patience = Patience()
    while True:
        current = await read(pets, pet_id)
        changed = decide(current)
        if changed is current.value:
            return current
        if before_write is not None:
            await before_write(current.value, changed)
        try:
            return await pets.replace(changed, current.version)
        except VersionConflict:
            await patience.wait(pet_id)


async def read(pets: PetRepository, pet_id: str) -> Stored[Pet]:
    """Return one pet; NotFound when there is none."""
    if not is_id(pet_id):
        raise NotFound(pet_id)
    return await pets.get(pet_id)


def check(current: Stored[Pet], condition: Condition | None) -> None:
    """Raise VersionConflict where a pet does not pass the condition."""
    if condition is not None and not condition(current):
        raise VersionConflict(current.value.id)
