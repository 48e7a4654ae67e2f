"""A running server for tools that ask over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.tokens import SECRET
from tests.e2e.server import Server, started
from tests.tree import need_dev_host


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the API on a free port, with no pets; it asks for tokens."""
    need_dev_host()
    with started(tmp_path_factory.mktemp("server"), JWT_SECRET=SECRET) as server:
        yield server


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """Run the API with a store of its own for each test: the clients count what is there."""
    need_dev_host()
    with started(tmp_path, JWT_SECRET=SECRET) as server:
        yield server
