"""Azurite for the tests of this folder."""

from collections.abc import Iterator

import pytest

from devhost.azurite import missing_tools, running_azurite


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the connection string of an Azurite that all tests share."""
    if reason := missing_tools():
        pytest.skip(f"NOT TESTED on Azurite: {reason}")
    with running_azurite(tmp_path_factory.mktemp("azurite")) as connection_string:
        yield connection_string
