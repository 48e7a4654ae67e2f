"""The stores that the contract is held against, each empty at the start of a test."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import azure.cosmos
import pytest
from azure.cosmos.aio import CosmosClient

from devhost.npm import missing_tools
from petstore.repository.cache import breaker
from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.layout import containers
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.port import Store
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.samples import cached, closing
from tests.contract.two_partitions import TwoPartitions
from tests.contract.two_processes import Two, two_processes
from tests.emulator.cosmos_emulator import EMULATOR_KEY, running_emulator
from tests.redis_server import RedisServer

# Set both to hold the same suite against Microsoft's emulator or a real account.
_ENDPOINT, _KEY = os.environ.get("COSMOS_ENDPOINT", ""), os.environ.get("COSMOS_KEY", "")
_LOCAL = urlsplit(_ENDPOINT).scheme == "http"

_ON_COSMOS = [
    pytest.param("emulator", marks=pytest.mark.cosmos),
    "two_partitions",
    *(["account"] if _ENDPOINT and _KEY else []),
]


_CACHED = ["cached sqlite", "cached two_partitions"]


@pytest.fixture(params=["sqlite", *_ON_COSMOS, *_CACHED])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store in turn, two of them behind the cache."""
    if request.param == "sqlite":
        async with closing(SqliteStore(tmp_path / "pets.db")) as pets:
            yield pets
    elif request.param in _CACHED:
        async with _behind_the_cache(request, tmp_path) as pets:
            yield pets
    else:
        async with _on_cosmos(request) as pets:
            yield pets


_SERVERS = {"azurite", "cosmos_store", "emulator", "redis_server", "wire"}
_HERE = Path(__file__).parent

# What the cache only passes on need not be tested behind it again.
_PASSED_ON = {"test_claims", "test_events", "test_notifications"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the stores behind the cache where nothing of theirs is cached; mark servers."""
    items[:] = [
        item for item in items if item.path.stem not in _PASSED_ON or "[cached " not in item.name
    ]
    for item in items:
        if item.path.parent == _HERE and _needs_server(item):
            item.add_marker("servers")


def _needs_server(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return params.get("store", "sqlite") != "sqlite" or bool(_SERVERS & {*item.fixturenames})


@pytest.fixture
async def two(
    redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Two]:
    """Two processes behind one cache; a busy machine opens no breaker."""
    monkeypatch.setattr(breaker, "PATIENCE", 60.0)
    async with two_processes(redis_server, tmp_path) as both:
        yield both


@pytest.fixture(params=_ON_COSMOS)
async def cosmos_store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """Each server that speaks Cosmos DB's protocol in turn."""
    async with _on_cosmos(request) as pets:
        yield pets


@pytest.fixture
async def wire() -> AsyncIterator[TwoPartitions]:
    """The fake of the wire, for faults and counts."""
    async with _running(TwoPartitions()) as fake:
        yield fake


@pytest.fixture
async def faulty_store(wire: TwoPartitions) -> AsyncIterator[CosmosStore]:
    """A store on ``wire``; it has not connected yet."""
    async with closing(_pets(wire.endpoint)) as pets:
        yield pets


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """The endpoint of the Cosmos DB emulator, one for all tests."""
    if reason := missing_tools():
        pytest.skip(f"NOT TESTED on the Cosmos DB emulator: {reason}")
    with running_emulator() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def account_database() -> Iterator[str]:
    """Return the name of a database of our own in the account that the environment names."""
    name = f"petstore-test-{secrets.token_hex(4)}"
    with azure.cosmos.CosmosClient(_ENDPOINT, _KEY, enable_endpoint_discovery=not _LOCAL) as client:
        database = client.create_database(name)
        key = azure.cosmos.PartitionKey("/id")
        try:
            for container, properties in containers("pets").items():
                database.create_container(container, key, **properties)
            yield name
        finally:
            client.delete_database(name)


def _on_cosmos(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Store]:
    if request.param == "two_partitions":
        return _on_two_partitions()
    if request.param == "emulator":
        return closing(_pets(request.getfixturevalue("emulator")))
    return _on_account(request.getfixturevalue("account_database"))


@asynccontextmanager
async def _behind_the_cache(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Store]:
    # A busy machine must not open the breaker.
    request.getfixturevalue("monkeypatch").setattr(breaker, "PATIENCE", 60.0)
    url = request.getfixturevalue("redis_server").url
    async with AsyncExitStack() as stack:
        if request.param == "cached sqlite":
            beneath: Store = SqliteStore(folder / "pets.db")
        else:
            beneath = await stack.enter_async_context(_on_two_partitions())
        both = await stack.enter_async_context(closing(cached(beneath, url)))
        await both._breaker.linked()
        yield both


@asynccontextmanager
async def _on_two_partitions() -> AsyncIterator[Store]:
    async with _running(TwoPartitions()) as fake, closing(_pets(fake.endpoint)) as pets:
        yield pets


@asynccontextmanager
async def _on_account(database: str) -> AsyncIterator[Store]:
    await _empty(database)
    async with closing(CosmosStore(CosmosAccount(_ENDPOINT, _KEY, None, database, "pets"))) as pets:
        yield pets


async def _empty(database: str) -> None:
    # Making containers takes a real account seconds, so that all tests share those of the database.
    async with CosmosClient(_ENDPOINT, _KEY, enable_endpoint_discovery=not _LOCAL) as client:
        for name in containers("pets"):
            container = client.get_database_client(database).get_container_client(name)
            for item in [item async for item in container.read_all_items()]:
                await container.delete_item(item["id"], item["id"])


@asynccontextmanager
async def _running(fake: TwoPartitions) -> AsyncIterator[TwoPartitions]:
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()


def _pets(endpoint: str) -> CosmosStore:
    # A database of its own for each test.
    return CosmosStore(
        CosmosAccount(endpoint, EMULATOR_KEY, None, f"test-{secrets.token_hex(4)}", "pets")
    )
