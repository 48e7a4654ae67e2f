"""A running server for tools that ask over HTTP."""

import sys
from collections.abc import Iterator

import pytest

from tests.api.tokens import SECRET
from tests.e2e.server import Server, started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the API on a free port, with no pets; it asks for tokens."""
    if sys.version_info < (3, 13):
        pytest.skip("SKIPPED: the dev host runs on Python 3.13 and later")
    with started(tmp_path_factory.mktemp("server"), JWT_SECRET=SECRET) as server:
        yield server
