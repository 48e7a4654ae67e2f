"""The API in this process, on an empty store for each test."""

import pytest

from devhost.host import Host
from tests.api.client import Client, load_host


@pytest.fixture(scope="session")
async def host() -> Host:
    """Load the app once; the runtime keeps one app per process."""
    return await load_host()


@pytest.fixture
def client(host: Host, store_settings: None) -> Client:  # noqa: ARG001 - it sets the store up
    """Return a client of the app."""
    return Client(host)
