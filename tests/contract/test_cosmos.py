"""What the Cosmos DB store promises beyond the contract: what it costs, and when it starts."""

import asyncio
import secrets
import subprocess
import sys
from typing import Any

import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import CosmosClient

from petstore.errors import AlreadyExists, NotFound, StoreUnavailable, VersionConflict
from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.layout import containers, create_containers
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.port import PetQuery, Store
from tests.contract.samples import a_pet, closing
from tests.contract.two_partitions import Fault, TwoPartitions
from tests.emulator.cosmos_emulator import EMULATOR_KEY
from tests.tree import ROOT

pytestmark = pytest.mark.servers


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each request to a document or a list of documents that the SDK sends."""
    requests: list[str] = []
    send = AioHttpTransport.send

    async def counting(self: AioHttpTransport, request: Any, **options: Any) -> Any:
        if "/docs" in request.url:
            requests.append(f"{request.method} {request.url}")
        return await send(self, request, **options)

    monkeypatch.setattr(AioHttpTransport, "send", counting)
    return requests


async def test_one_request_a_call(cosmos_store: Store, sent: list[str]) -> None:
    """Each operation on one pet is one request, from the first on."""
    added = await cosmos_store.pets.add(a_pet())
    await cosmos_store.pets.get(added.value.id)
    replaced = await cosmos_store.pets.replace(added.value, added.version)
    await cosmos_store.pets.remove(added.value.id, replaced.version)
    with pytest.raises(NotFound):
        await cosmos_store.pets.get(added.value.id)
    methods = [request.split()[0] for request in sent]
    assert methods == ["POST", "GET", "PUT", "DELETE", "GET"]


@pytest.mark.cosmos
async def test_one_request_a_list(emulator: str, sent: list[str]) -> None:
    """Where there is one partition a page is one request, however many pets are on it."""
    async with closing(
        CosmosStore(CosmosAccount(emulator, EMULATOR_KEY, None, _name(), "pets"))
    ) as store:
        for _ in range(30):
            await store.pets.add(a_pet())
        sent.clear()
        assert len((await store.pets.find(PetQuery(limit=25))).items) == 25
    assert len(sent) == 1


async def test_requests_of_a_list_on_two_partitions(
    faulty_store: CosmosStore, wire: TwoPartitions
) -> None:
    """Where there are two, the SDK is refused, asks for the plan, and then asks each partition."""
    await faulty_store.pets.add(a_pet())
    await faulty_store.pets.find(PetQuery())
    wire.requests.clear()
    await faulty_store.pets.find(PetQuery())
    assert wire.requests == ["query", "plan", "query", "query", "query"]  # one page more is empty


async def test_requests_of_the_first_call(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """The first call looks at the account and makes what is missing; no later call does."""
    await faulty_store.ping()
    assert set(wire.requests) == {"account", "database", "container"}
    wire.requests.clear()
    await faulty_store.ping()
    assert [request for request in wire.requests if request != "account"] == ["container"]


async def test_one_client_for_all_first_calls(
    wire: TwoPartitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that come at once, before anything is connected, share one client."""
    built = []
    build = CosmosClient.__init__

    def counting(self: CosmosClient, *arguments: Any, **options: Any) -> None:
        built.append(self)
        build(self, *arguments, **options)

    monkeypatch.setattr(CosmosClient, "__init__", counting)
    async with closing(
        CosmosStore(CosmosAccount(wire.endpoint, EMULATOR_KEY, None, _name(), "pets"))
    ) as store:
        await asyncio.gather(*(store.pets.add(a_pet()) for _ in range(20)), store.ping())
        assert len((await store.pets.find(PetQuery())).items) == 20
    assert len(built) == 1


async def test_reopened_after_close(faulty_store: CosmosStore) -> None:
    """A closed store connects again when it is used again."""
    added = await faulty_store.pets.add(a_pet())
    await faulty_store.close()
    assert await faulty_store.pets.get(added.value.id) == added


async def test_two_processes_make_the_containers(wire: TwoPartitions) -> None:
    """Two processes that start at the same time do not trip over each other's containers."""
    name = _name()
    stores = [
        CosmosStore(CosmosAccount(wire.endpoint, EMULATOR_KEY, None, name, "pets"))
        for _ in range(5)
    ]
    await asyncio.gather(*(store.ping() for store in stores))
    for store in stores:
        await store.close()


@pytest.mark.cosmos
async def test_containers(emulator: str) -> None:
    """Each container has our key, index policy and time to live; making it again changes nothing."""
    async with CosmosClient(emulator, EMULATOR_KEY, enable_endpoint_discovery=False) as client:
        name = _name()
        for _ in range(2):
            await create_containers(client, name, "pets")
        for container, properties in containers("pets").items():
            made = await client.get_database_client(name).get_container_client(container).read()
            assert made["partitionKey"]["paths"] == ["/id"]
            assert made["indexingPolicy"] == properties["indexing_policy"]
            assert made.get("defaultTtl") == properties.get("default_ttl")


def test_import_is_lazy() -> None:
    """Importing the store and making one loads nothing of the SDK: cold starts pay later."""
    program = (
        "import sys\n"
        "from petstore.repository.cosmos.store import CosmosStore\n"
        "from petstore.repository.cosmos.account import CosmosAccount\n"
        "CosmosStore(CosmosAccount('https://example.invalid', None, None, 'petstore', 'pets'))\n"
        "print([name for name in sys.modules if name.startswith(('azure', 'aiohttp', 'requests'))])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("request_kind", ["create", "replace"])
async def test_write_whose_answer_was_lost(
    faulty_store: CosmosStore, wire: TwoPartitions, request_kind: str
) -> None:
    """A write that the SDK sends again, since the connection broke, is not refused for itself."""
    added = await faulty_store.pets.add(a_pet())
    wire.fault = Fault("lose", requests=(request_kind,), times=1)
    if request_kind == "create":
        outcome = await faulty_store.pets.add(a_pet())
    else:
        outcome = await faulty_store.pets.replace(added.value, added.version)
    assert wire.fault.times == 0
    assert await faulty_store.pets.get(outcome.value.id) == outcome


async def test_refusal_after_a_broken_connection(
    faulty_store: CosmosStore, wire: TwoPartitions
) -> None:
    """A write that the SDK sends again is still refused for the work of others."""
    added = await faulty_store.pets.add(a_pet())
    current = await faulty_store.pets.replace(added.value, added.version)
    wire.fault = Fault("reset", requests=("create", "replace"), times=1)
    with pytest.raises(AlreadyExists):
        await faulty_store.pets.add(added.value)
    wire.fault.times = 1
    with pytest.raises(VersionConflict):
        await faulty_store.pets.replace(added.value, added.version)
    assert await faulty_store.pets.get(added.value.id) == current


async def test_lost_container(faulty_store: CosmosStore, wire: TwoPartitions) -> None:
    """Where the database or container is gone nothing is merely not found: an operator must act."""
    added = await faulty_store.pets.add(a_pet())
    wire.drop(faulty_store._account._database)
    for call in (
        faulty_store.pets.get(added.value.id),
        faulty_store.pets.add(a_pet()),
        faulty_store.pets.replace(added.value),
        faulty_store.pets.remove(added.value.id),
        faulty_store.pets.find(PetQuery()),
        faulty_store.ping(),
    ):
        with pytest.raises(StoreUnavailable, match=r"no container 'pets' in database 'test-"):
            await call


def _name() -> str:
    return f"test-{secrets.token_hex(4)}"
