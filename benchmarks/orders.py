"""``python -m benchmarks.orders``: orders and the inventory among 1,000 and 100,000 pets.

On SQLite; and an order on the fake of Cosmos DB's wire, where what is measured is the work on our
side.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from petstore.identity import Caller
from petstore.ids import moment_of, new_id
from petstore.limits import STATUSES
from petstore.orders import Orders
from petstore.pet import Pet
from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.port import PetQuery, Store
from petstore.repository.sqlite.store import SqliteStore
from petstore.timestamps import timestamp
from tests.contract.two_partitions import TwoPartitions
from tests.emulator.cosmos_emulator import EMULATOR_KEY

_SIZES = (1_000, 100_000)
_RUNS = 101
_BOB = Caller("bob")


def _pet(number: int) -> Pet:
    pet_id = new_id()
    now = timestamp(moment_of(pet_id))
    status = STATUSES[number % len(STATUSES)]
    return Pet(pet_id, f"Pet {number}", "Dog", now, now, status=status, owner_id="ada")


async def _fill(store: SqliteStore, count: int) -> None:
    store._file._writer.execute("PRAGMA synchronous = OFF")  # noqa: SLF001 - only to be quick
    for number in range(count):
        await store.pets.add(_pet(number))
    store._file._writer.execute("PRAGMA synchronous = NORMAL")  # noqa: SLF001 - as it was


async def _median(call: Callable[[], Awaitable[object]]) -> float:
    """Return the median of a call, in ms."""
    times = []
    for _ in range(_RUNS):
        begun = time.perf_counter()
        await call()
        times.append(time.perf_counter() - begun)
    return sorted(times)[_RUNS // 2] * 1000


async def _place(store: Store) -> float:
    """Return the median of placing an order, each of another pet, in ms."""
    pets = [(await store.pets.add(_pet(0))).value.id for _ in range(_RUNS)]
    return await _median(lambda: Orders(store, _BOB).place(pets.pop(), {}))


async def _measure(store: Store) -> dict[str, float]:
    mine = PetQuery(buyer_id="bob")
    return {
        "place an order": await _place(store),
        "my orders, a page of 20": await _median(lambda: Orders(store, _BOB).find(mine)),
        "inventory": await _median(store.pets.count),
    }


@asynccontextmanager
async def _on_the_wire() -> AsyncIterator[Store]:
    wire = TwoPartitions()
    await wire.start()
    store = CosmosStore(CosmosAccount(wire.endpoint, EMULATOR_KEY, None, "petstore", "pets"))
    await store.ping()
    yield store
    await store.close()
    await wire.stop()


async def _main() -> None:
    for size in _SIZES:
        with tempfile.TemporaryDirectory() as folder:
            store = SqliteStore(Path(folder) / "pets.db")
            await _fill(store, size)
            for name, median in (await _measure(store)).items():
                print(f"SQLite, {size:7,} pets   {name:25} {median:8.2f} ms")
            await store.close()
    async with _on_the_wire() as cosmos:
        print(f"Cosmos DB's wire        {'place an order':25} {await _place(cosmos):8.2f} ms")


if __name__ == "__main__":
    asyncio.run(_main())
