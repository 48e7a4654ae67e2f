"""A pet's tags have a route of their own."""

from tests.api.client import Client


async def test_the_route(client: Client) -> None:
    """The tags are returned, a missing pet is a 404, and another method a 405."""
    pet = {"name": "Ada", "species": "cat", "tags": ["soft", "old"]}
    place = (await client.post("/api/pets", pet)).headers["location"]
    assert (await client.get(f"{place}/tags")).json() == ["soft", "old"]
    assert (await client.delete(f"{place}/tags")).headers["allow"] == "GET, HEAD, OPTIONS"
    await client.delete(place)
    assert (await client.get(f"{place}/tags")).status == 404
