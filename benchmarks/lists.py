"""``python -m benchmarks.lists``: lists of 60,000 pets on SQLite, and what they hold up."""

import asyncio
import tempfile
import time
from pathlib import Path

from petstore.ids import moment_of, new_id
from petstore.pet import Pet
from petstore.repository.port import PetQuery
from petstore.repository.sqlite.store import SqliteStore
from petstore.timestamps import timestamp

_PETS = 60_000
_RUNS = 15
_QUERIES = {
    "no filter": PetQuery(),
    "tag that none has": PetQuery(tag="zzz"),
    "tag that all have": PetQuery(tag="good"),
    "species of a tenth": PetQuery(species="cat"),
    "prefix of a tenth": PetQuery(name_prefix="pet 1"),
    "status none has, species of a tenth": PetQuery(species="cat", status="sold"),
    "species, status, tag, prefix": PetQuery(
        species="dog", status="available", tag="good", name_prefix="pet 59"
    ),
}


async def _fill(store: SqliteStore) -> None:
    store._file._writer.execute("PRAGMA synchronous = OFF")  # noqa: SLF001 - only to be quick
    for number in range(_PETS):
        pet_id = new_id()
        now = timestamp(moment_of(pet_id))
        species = "Cat" if number % 10 == 0 else "Dog"
        pet = Pet(
            id=pet_id,
            name=f"Pet {number}",
            species=species,
            tags=["good"],
            created_at=now,
            updated_at=now,
        )
        await store.pets.add(pet)


async def _measure(store: SqliteStore, query: PetQuery) -> tuple[float, float]:
    """Return the median of the list, and the longest pause of the loop meanwhile, in ms."""
    times, pauses = [], [0.0]

    async def watch() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0)
            pauses.append(time.perf_counter() - begun)

    watching = asyncio.create_task(watch())
    for _ in range(_RUNS):
        begun = time.perf_counter()
        await store.pets.find(query)
        times.append(time.perf_counter() - begun)
    watching.cancel()
    return sorted(times)[_RUNS // 2] * 1000, max(pauses) * 1000


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "pets.db")
        await _fill(store)
        for name, query in _QUERIES.items():
            median, pause = await _measure(store, query)
            print(f"{name:40} {median:8.1f} ms   longest pause of the loop {pause:6.1f} ms")
        await store.close()


asyncio.run(_main())
