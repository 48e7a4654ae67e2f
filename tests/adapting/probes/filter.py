"""Pets are filtered by breed."""

from tests.api.client import Client


async def test_the_filter(client: Client) -> None:
    """The whole breed is compared, in any case, and together with other filters."""
    for breed in ("Tabby", "tabby cat", None):
        await client.post("/api/pets", {"name": "Ada", "species": "cat", "breed": breed})
    found = (await client.get("/api/pets?breed=TABBY&species=cat")).json()["data"]
    assert [pet["breed"] for pet in found] == ["Tabby"]
    assert (await client.get("/api/pets?breed=")).status == 400
