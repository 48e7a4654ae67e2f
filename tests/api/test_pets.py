"""Pets over the API: create, get, list, replace, patch, delete."""

import asyncio
import re

from tests.api.client import Client

PET = {"name": "Ada", "species": "cat"}
UNKNOWN = "/api/pets/01900000-0000-7000-8000-000000000000"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


async def test_create(client: Client) -> None:
    """A created pet is answered whole, with its place."""
    answer = await client.post("/api/pets", PET)
    pet = answer.json()
    assert answer.status == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == f"pets/{pet['id']}"
    assert re.fullmatch(TIME, pet.pop("created_at"))
    assert re.fullmatch(TIME, pet.pop("updated_at"))
    assert pet == {
        "id": pet["id"],
        **PET,
        "breed": None,
        "description": None,
        "birth_date": None,
        "tags": [],
        "photo_urls": [],
        "status": "available",
    }


async def test_get(client: Client) -> None:
    """A created pet is found at its place, the same to the byte."""
    created = await client.post("/api/pets", {**PET, "name": 'Zoë "Ж" \\ 🐈'})
    got = await client.get(created.headers["location"])
    assert (got.status, got.body) == (200, created.body)


async def test_get_an_unknown_pet(client: Client) -> None:
    """An id that is free, and a text that is not an id, are both no pet."""
    for target in (UNKNOWN, "/api/pets/1", "/api/pets/..%2f..%2fx", "/api/pets/%00x"[:-3] + "7"):
        answer = await client.get(target)
        assert (answer.status, answer.json()["error"]) == (404, "Pet not found")


async def test_the_owner_address_is_never_shown(client: Client) -> None:
    """The owner's address goes in and never comes out."""
    created = await client.post("/api/pets", {**PET, "owner_email": "ada@example.com"})
    place = created.headers["location"]
    answers = [
        created,
        await client.get(place),
        await client.get("/api/pets"),
        await client.patch(place, {"name": "Bo"}),
        await client.put(place, {**PET, "owner_email": "ada@example.com"}),
    ]
    assert all(answer.status in {200, 201} for answer in answers)
    assert not any(b"example.com" in answer.body for answer in answers)


async def test_replace(client: Client) -> None:
    """PUT puts new details in place of all old ones; id and creation time stay."""
    old = await client.post("/api/pets", {**PET, "breed": "tabby", "tags": ["soft"]})
    answer = await client.put(old.headers["location"], {"name": "Bo", "species": "dog"})
    new = answer.json()
    assert answer.status == 200
    assert (new["name"], new["species"], new["breed"], new["tags"]) == ("Bo", "dog", None, [])
    assert (new["id"], new["created_at"]) == (old.json()["id"], old.json()["created_at"])
    assert new["updated_at"] >= old.json()["updated_at"]
    assert (await client.get(old.headers["location"])).json() == new


async def test_patch(client: Client) -> None:
    """PATCH changes what is named, null removes, the rest stays."""
    old = await client.post("/api/pets", {**PET, "breed": "tabby", "tags": ["soft", "old"]})
    place = old.headers["location"]
    answer = await client.patch(place, {"breed": None, "tags": ["new"], "status": "sold"})
    assert answer.status == 200
    assert answer.json() | {"updated_at": 0} == old.json() | {
        "breed": None,
        "tags": ["new"],
        "status": "sold",
        "updated_at": 0,
    }
    assert (await client.get(place)).body == answer.body


async def test_a_patch_that_breaks_a_rule(client: Client) -> None:
    """A patch whose result is not a valid pet is refused, and nothing changes."""
    old = await client.post("/api/pets", PET)
    place = old.headers["location"]
    for patch, pointer in [
        ({"name": None}, "/name"),
        ({"id": "x"}, "/id"),
        ({"status": "lost"}, "/status"),
        ({"name": {"first": "Ada"}}, "/name"),
        ({"new": 1}, "/new"),
        ([1], ""),
        ("x", ""),
    ]:
        answer = await client.patch(place, patch)
        assert answer.status == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await client.get(place)).body == old.body


async def test_an_empty_patch(client: Client) -> None:
    """An empty patch is a good one."""
    old = await client.post("/api/pets", PET)
    assert (await client.patch(old.headers["location"], {})).status == 200


async def test_parallel_patches_all_survive(client: Client) -> None:
    """Patches of different members at one time all arrive."""
    place = (await client.post("/api/pets", PET)).headers["location"]
    patches: list[dict[str, object]] = [{"breed": "tabby"}, {"tags": ["a"]}, {"status": "sold"}]
    answers = await asyncio.gather(*(client.patch(place, patch) for patch in patches))
    assert [answer.status for answer in answers] == [200, 200, 200]
    pet = (await client.get(place)).json()
    assert (pet["breed"], pet["tags"], pet["status"]) == ("tabby", ["a"], "sold")


async def test_delete(client: Client) -> None:
    """A deleted pet is gone; deleting it again finds nothing."""
    place = (await client.post("/api/pets", PET)).headers["location"]
    answer = await client.delete(place)
    assert (answer.status, answer.body) == (204, b"")
    assert (await client.get(place)).status == 404
    assert (await client.delete(place)).json()["error"] == "Pet not found"


async def test_changes_to_an_unknown_pet(client: Client) -> None:
    """What is not there cannot be changed or deleted, and is not made."""
    answers = [
        await client.put(UNKNOWN, PET),
        await client.patch(UNKNOWN, {}),
        await client.delete(UNKNOWN),
        await client.delete("/api/pets/1"),
    ]
    assert [answer.status for answer in answers] == [404] * 4
    assert (await client.get("/api/pets")).json()["data"] == []


async def test_head(client: Client) -> None:
    """HEAD finds what GET finds."""
    place = (await client.post("/api/pets", PET)).headers["location"]
    for target in (place, "/api/pets", "/api/health", "/api/health/ready"):
        assert (await client.request("HEAD", target)).status == 200
