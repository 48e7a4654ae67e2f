"""The API runs on the store of one's own."""

import pytest

from tests.api.client import Client


async def test_the_store(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pet that is created there is found there."""
    monkeypatch.setenv("PETSTORE_SQLITE_PATH", ":memory:")
    await client.post("/api/pets", {"name": "Ada", "species": "cat"})
    (pet,) = (await client.get("/api/pets?species=CAT")).json()["data"]
    assert pet["name"] == "Ada"
