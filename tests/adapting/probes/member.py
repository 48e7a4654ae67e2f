"""A pet has a color."""

from tests.api.client import Client


async def test_the_member(client: Client) -> None:
    """It is kept and shown, may be missing, and its rule is held."""
    plain = (await client.post("/api/pets", {"name": "Ada", "species": "cat"})).json()
    assert plain["color"] is None
    grey = await client.post("/api/pets", {"name": "Ada", "species": "cat", "color": "grey"})
    assert grey.json()["color"] == "grey"
    wrong = await client.post("/api/pets", {"name": "Ada", "species": "cat", "color": "x" * 31})
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/color"]
