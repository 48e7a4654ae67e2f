"""Conditional requests (RFC 9110, 13)."""

import asyncio
import re

import pytest

from petstore.http.representations import pet_tag
from petstore.pet import Pet
from petstore.repository.port import Stored
from tests.api.client import Answer, Client

PET = {"name": "Ada", "species": "cat"}
UNKNOWN = "/api/pets/01900000-0000-7000-8000-000000000000"


async def _create(client: Client) -> tuple[str, str]:
    """Return the place and the tag of a new pet."""
    answer = await client.post("/api/pets", PET)
    return answer.headers["location"], answer.headers["etag"]


async def test_every_pet_has_a_strong_tag(client: Client) -> None:
    """Each answer with one pet carries its tag, which changes with the pet and only then."""
    place, tag = await _create(client)
    assert re.fullmatch(r'"[!#-~]+"', tag)
    assert (await client.get(place)).headers["etag"] == tag
    changed = await client.patch(place, {"status": "sold"})
    replaced = await client.put(place, PET)
    assert len({tag, changed.headers["etag"], replaced.headers["etag"]}) == 3
    assert (await client.get(place)).headers["etag"] == replaced.headers["etag"]


async def test_not_modified(client: Client) -> None:
    """A GET or HEAD by somebody who has the pet already is a 304 without a body."""
    place, tag = await _create(client)
    for header in (tag, f"W/{tag}", "*", f'"other", {tag}', f'"other",{tag}', f" , {tag} ,"):
        for method in ("GET", "HEAD"):
            answer = await client.request(method, place, headers={"If-None-Match": header})
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["etag"] == tag
            assert answer.headers["cache-control"] == "no-cache"


async def test_modified(client: Client) -> None:
    """Other tags get the pet."""
    place, tag = await _create(client)
    for header in ('"other"', f'"{tag[1:-1].upper()}x"', '""', 'W/"other"'):
        answer = await client.get(place, {"If-None-Match": header})
        assert (answer.status, answer.json()["name"]) == (200, "Ada")


async def _change(client: Client, method: str, place: str, **headers: str) -> Answer:
    if method == "DELETE":
        return await client.delete(place, {n.replace("_", "-"): v for n, v in headers.items()})
    send = client.put if method == "PUT" else client.patch
    return await send(place, PET, **headers)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_if_match(client: Client, method: str) -> None:
    """A change that names another version is refused, and changes nothing."""
    place, tag = await _create(client)
    for header in ('"stale"', f"W/{tag}", '"a", "b"', '""'):
        answer = await _change(client, method, place, If_Match=header)
        assert (answer.status, answer.json()["error"]) == (412, "Precondition failed")
    assert (await client.get(place)).headers["etag"] == tag
    assert (await _change(client, method, place, If_Match=f'"other", {tag}')).status in {200, 204}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_any_version(client: Client, method: str) -> None:
    """The star stands for any version, and for none of a pet that is not there."""
    place, _ = await _create(client)
    assert (await _change(client, method, place, If_Match="*")).status in {200, 204}
    assert (await _change(client, method, UNKNOWN, If_Match="*")).status == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_if_none_match_on_changes(client: Client, method: str) -> None:
    """A change only of what is not this version is refused for this version."""
    place, tag = await _create(client)
    assert (await _change(client, method, place, If_None_Match="*")).status == 412
    assert (await _change(client, method, place, If_None_Match=tag)).status == 412
    assert (await _change(client, method, place, If_None_Match='"x"')).status in {200, 204}


async def test_if_match_on_a_read(client: Client) -> None:
    """A read of one version only is refused for another."""
    place, tag = await _create(client)
    assert (await client.get(place, {"If-Match": tag})).status == 200
    assert (await client.get(place, {"If-Match": '"x"'})).status == 412


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize(
    "value",
    [
        "abc",
        '"a',
        'a"',
        '"a" "b"',
        "'a'",
        "*, *",
        '*, "a"',
        'w/"a"',
        '"\\""',
        "",
        ",",
        '"' + "a" * 9_000 + '"',
    ],
)
async def test_tags_that_cannot_be_read(client: Client, header: str, value: str) -> None:
    """What is not a list of tags is a 400, and changes nothing."""
    place, tag = await _create(client)
    for method in ("GET", "DELETE"):
        answer = await client.request(method, place, headers={header: value})
        assert (answer.status, answer.json()["error"]) == (400, "Invalid parameter")
    assert (await client.get(place)).headers["etag"] == tag


async def test_one_of_many_wins(client: Client) -> None:
    """Of many changes of one version exactly one is made."""
    place, tag = await _create(client)
    answers = await asyncio.gather(
        *(client.patch(place, {"breed": f"b{n}"}, If_Match=tag) for n in range(20))
    )
    assert sorted(answer.status for answer in answers) == [200] + [412] * 19


async def test_lists_have_tags(client: Client) -> None:
    """A list that has not changed is a 304; one that has is sent."""
    await _create(client)
    first = await client.get("/api/pets")
    same = await client.get("/api/pets", {"If-None-Match": first.headers["etag"]})
    await _create(client)
    other = await client.get("/api/pets", {"If-None-Match": first.headers["etag"]})
    assert (same.status, same.body, other.status) == (304, b"", 200)


async def test_tags_from_cosmos_are_not_quoted_twice() -> None:
    """Cosmos DB's versions have quotes already; those of SQLite have none."""
    pet = Pet(id="1", name="Ada", species="cat", created_at="", updated_at="")
    (tag,) = {pet_tag(Stored(pet, version), None) for version in ('"0000-1"', "0000-1")}
    assert re.fullmatch(r'"0000-1\.[A-Za-z0-9_-]{8}"', tag)
