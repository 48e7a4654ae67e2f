"""What every test gets: a clean environment, a store of its own, the app's functions."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from devhost.azurite.emulator import running_azurite
from devhost.npm import missing_tools
from function_app import wiring
from tests import functions as app_functions
from tests.functions import Function
from tests.redis_server import RedisServer, redis_or_skip

# What could lead a test to a real account, or make it believe that it runs in Azure.
_FOREIGN = (
    *("AZURE_", "AzureWebJobs", "CACHE_", "COSMOS_", "FUNCTIONS_", "JWT_", "PETSTORE_", "REDIS_"),
    "WEBSITE_",
    # Programs that are started write bytecode, as they do for users.
    "PYTHONDONTWRITEBYTECODE",
)


# Timing belongs to benchmarks/: a busy machine must not fail a test.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


# Files that take longest, those first: no worker is to end long after the others.
LONGEST = (
    *("test_crashes", "test_adapting", "test_reload", "test_browser", "test_prove"),
    *("test_workflow", "test_azure_cli", "test_remote_build", "test_mails", "test_schemathesis"),
    *("test_package", "test_scanners", "test_recorded", "test_notifications", "test_wapiti"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_collection_finish() -> None:
    """Keep the garbage collector from what was imported: a tenth of the time of the app's tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PETSTORE_SQLITE_PATH", str(tmp_path / "pets.db"))


@pytest.fixture
async def store_settings(_clean_environment: None) -> AsyncIterator[None]:
    """Let the app open its store from the test's settings, and close it afterwards."""
    await wiring.close()
    yield
    await wiring.close()


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the connection string of an Azurite that all tests share."""
    if reason := missing_tools():
        pytest.skip(f"NOT TESTED on Azurite: {reason}")
    with running_azurite(tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server that all tests share; none may stop it."""
    with redis_or_skip() as server:
        yield server


@pytest.fixture(scope="session")
def functions() -> list[Function]:
    """Return the app's HTTP functions."""
    return app_functions.collect()
