"""Whatever Cosmos DB does, each call ends within 5 seconds, as StoreUnavailable, and recovers."""

import asyncio
import gc
import socket
import time
from collections.abc import Awaitable, Callable

import pytest
from azure.core.exceptions import HttpResponseError

from petstore.errors import NotFound, StoreUnavailable
from petstore.ids import new_id
from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.port import Claim, PetQuery, Store
from tests.contract.samples import a_pet, closing
from tests.contract.two_partitions import Fault, TwoPartitions
from tests.emulator.cosmos_emulator import EMULATOR_KEY

pytestmark = pytest.mark.servers

type Call = Callable[[Store], Awaitable[object]]

_CALLS: dict[str, Call] = {
    "add": lambda store: store.pets.add(a_pet()),
    "get": lambda store: store.pets.get(new_id()),
    "find": lambda store: store.pets.find(PetQuery()),
    "replace": lambda store: store.pets.replace(a_pet(), "abc"),
    "remove": lambda store: store.pets.remove(new_id()),
    "claim": lambda store: store.claims.add(Claim(new_id(), "f", new_id())),
    "settle": lambda store: store.claims.replace(Claim(new_id(), "f", new_id(), "v")),
    "ping": lambda store: store.ping(),
}
_EACH_CALL = pytest.mark.parametrize("call", _CALLS.values(), ids=_CALLS)
_FAULTS = {
    "429": Fault("status", 429, {"x-ms-retry-after-ms": "2500", "x-ms-substatus": "3200"}),
    "503": Fault("status", 503),
    "500": Fault("status", 500),
    "408": Fault("status", 408),
    "410": Fault("status", 410),
    "449": Fault("status", 449, {"x-ms-retry-after-ms": "10"}),
    "401": Fault("status", 401),
    "403": Fault("status", 403),
    "403 of a moved region": Fault("status", 403, {"x-ms-substatus": "3"}),
    "404 of a replica behind": Fault("status", 404, {"x-ms-substatus": "1002"}),
    "reset": Fault("reset"),
}
_EACH_FAULT = pytest.mark.parametrize("fault", _FAULTS.values(), ids=_FAULTS)


@_EACH_FAULT
@_EACH_CALL
async def test_fault(
    faulty_store: CosmosStore, wire: TwoPartitions, fault: Fault, call: Call
) -> None:
    """A fault of a connected store is unavailability, and over when the fault is."""
    await faulty_store.ping()
    wire.fault = fault
    await _unavailable(call(faulty_store))
    wire.fault = None
    await _works(faulty_store)


# Not each fault: the SDK tries the account four times, whatever the fault.
@pytest.mark.parametrize("fault", ["429", "503", "401", "reset"])
async def test_fault_at_first_use(
    faulty_store: CosmosStore, wire: TwoPartitions, fault: str
) -> None:
    """A store that could not connect at first connects later."""
    wire.fault = _FAULTS[fault]
    await _unavailable(faulty_store.pets.get(new_id()))
    wire.fault = None
    await _works(faulty_store)


async def test_hang(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """Servers that never answer are given up in time, by all calls that wait for them."""
    await faulty_store.ping()
    wire.fault = Fault("hang")
    await asyncio.gather(*(_unavailable(call(faulty_store)) for call in _CALLS.values()))
    wire.fault = None
    await _works(faulty_store)


async def test_hang_at_first_use(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """The deadline holds for connecting too, also for those who wait for another's attempt."""
    wire.fault = Fault("hang")
    await asyncio.gather(*(_unavailable(call(faulty_store)) for call in _CALLS.values()))
    wire.fault = None
    await _works(faulty_store)


async def test_part_of_a_list_hangs(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A list of which one part does not come is unavailable, and never just shorter."""
    for _ in range(20):
        await faulty_store.pets.add(a_pet())
    whole = await faulty_store.pets.find(PetQuery())
    wire.fault = Fault("status", 503, requests=("query",), times=1)
    await _unavailable(faulty_store.pets.find(PetQuery()))
    wire.fault = None
    assert await faulty_store.pets.find(PetQuery()) == whole


async def test_pause_that_is_asked_for(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """The pause that Cosmos DB asks for is passed on, in whole seconds."""
    await faulty_store.ping()
    for milliseconds, seconds in (("1", 1), ("1000", 1), ("1001", 2), ("60000", 60), ("?", 1)):
        wire.fault = Fault("status", 449, {"x-ms-retry-after-ms": milliseconds})
        error = await _unavailable(faulty_store.pets.add(a_pet()))
        assert error.retry_after == seconds
    wire.fault = Fault("status", 429, {"x-ms-retry-after-ms": "10000"})
    for call in _CALLS.values():
        error = await _unavailable(call(faulty_store))
        assert error.retry_after == 10


async def test_short_throttling_is_waited_out(
    faulty_store: CosmosStore, wire: TwoPartitions
) -> None:
    """One refusal for too many requests is not worth a failure."""
    await faulty_store.ping()
    wire.fault = Fault("status", 429, {"x-ms-retry-after-ms": "100"}, times=1)
    await faulty_store.pets.add(a_pet())


async def test_refused_credentials(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """The reason tells what is refused."""
    wire.fault = Fault("status", 401)
    error = await _unavailable(faulty_store.ping())
    assert "refuses our key" in str(error)


async def test_our_own_bug(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A request that Cosmos DB cannot understand is a bug, not an outage."""
    await faulty_store.ping()
    wire.fault = Fault("status", 400)
    with pytest.raises(HttpResponseError):
        await faulty_store.pets.get(new_id())


async def test_server_that_is_something_else(
    faulty_store: CosmosStore, wire: TwoPartitions
) -> None:
    """Whoever is connected to a wrong server gets no answer that makes sense: unavailable."""
    wire.fault = Fault("status", 400)
    await _unavailable(faulty_store.pets.get(new_id()))


@pytest.mark.parametrize("key", [EMULATOR_KEY, None], ids=["key", "identity"])
@pytest.mark.parametrize(
    "endpoint", ["http://nosuch.invalid", "https://nosuch.invalid:443/"], ids=["http", "https"]
)
async def test_name_that_does_not_resolve(endpoint: str, key: str | None) -> None:
    """An unknown host is unavailability, with a key or without."""
    async with closing(CosmosStore(CosmosAccount(endpoint, key, None, "db", "pets"))) as store:
        await _unavailable(store.ping())
        await _unavailable(store.pets.get(new_id()))
    gc.collect()


async def test_refused_connection() -> None:
    """A port where nobody listens is unavailability."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with closing(
            CosmosStore(CosmosAccount(endpoint, EMULATOR_KEY, None, "db", "pets"))
        ) as store:
            await _unavailable(store.pets.add(a_pet()))
            await _unavailable(store.pets.find(PetQuery()))
    gc.collect()


async def test_port_that_does_not_speak_http() -> None:
    """A port that takes connections and says nothing is unavailability."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"https://127.0.0.1:{silent.getsockname()[1]}"
        async with closing(
            CosmosStore(CosmosAccount(endpoint, EMULATOR_KEY, None, "db", "pets"))
        ) as store:
            await _unavailable(store.pets.get(new_id()))
    gc.collect()


async def test_server_that_goes_away(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A server that is stopped under a connected store is unavailability."""
    await faulty_store.ping()
    await wire.stop()
    for call in _CALLS.values():
        await _unavailable(call(faulty_store))


async def test_caller_that_goes_away(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """A call that is cancelled, while connecting or later, leaves a store that works."""
    for _ in range(2):
        wire.fault = Fault("hang")
        call = asyncio.ensure_future(faulty_store.pets.get(new_id()))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        wire.fault = None
        await _works(faulty_store)


async def _unavailable(call: Awaitable[object]) -> StoreUnavailable:
    started = time.monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        await call
    assert time.monotonic() - started < 5
    assert caught.value.retry_after >= 1
    return caught.value


async def _works(store: Store) -> None:
    added = await store.pets.add(a_pet())
    assert await store.pets.get(added.value.id) == added
    assert (await store.pets.find(PetQuery(limit=1))).items
    with pytest.raises(NotFound):
        await store.pets.get(new_id())
