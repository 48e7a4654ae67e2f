"""What depends on who asks: two views of a pet at one URL, each with its own tag."""

import json

import pytest

from function_app import wiring
from tests.api.client import Answer, Client
from tests.api.tokens import SECRET, bearer

PET = {"name": "Ada", "species": "cat", "owner_email": "ada.secret@example.org"}
ADMIN = {"scope": "pets.admin"}


@pytest.fixture
async def secured(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return a client of an API that asks for tokens."""
    await wiring.close()
    monkeypatch.setenv("JWT_SECRET", SECRET)
    return client


async def _create(client: Client) -> Answer:
    content = json.dumps(PET).encode()
    answer = await client.request("POST", "/api/pets", content, bearer("ada"))
    assert answer.status == 201
    return answer


async def test_each_view_has_its_tag(secured: Client) -> None:
    """Equal content has one tag, other content another, whoever asks and however."""
    created = await _create(secured)
    place = created.headers["location"]
    public = await secured.get(place)
    stranger = await secured.get(place, bearer("bob"))
    owner = await secured.get(place, bearer("ada"))
    admin = await secured.get(place, bearer("eve", **ADMIN))
    assert public.body == stranger.body != owner.body == admin.body == created.body
    tags = [answer.headers["etag"] for answer in (public, stranger, owner, admin, created)]
    assert tags[0] == tags[1] != tags[2] == tags[3] == tags[4]


async def test_what_selects_is_named(secured: Client) -> None:
    """Each answer that depends on the token says so to caches, 304s too; the public list does not."""
    place = (await _create(secured)).headers["location"]
    for target in (place, "/api/me/pets"):
        full = await secured.get(target, bearer("ada"))
        same = await secured.get(target, bearer("ada") | {"If-None-Match": full.headers["etag"]})
        assert (full.status, same.status) == (200, 304)
        assert full.headers["vary"] == same.headers["vary"] == "Authorization"
    assert (await secured.get(place)).headers["vary"] == "Authorization"
    assert "vary" not in (await secured.get("/api/pets", bearer("ada"))).headers


async def test_several_things_select(secured: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only some origins may read, Vary names the origin next to the token."""
    place = (await _create(secured)).headers["location"]
    monkeypatch.setenv("PETSTORE_CORS_ORIGINS", "https://a.example")
    await wiring.close()
    assert (await secured.get(place)).headers["vary"] == "Authorization, Origin"


async def test_a_tag_of_the_public_view_is_not_the_owners(secured: Client) -> None:
    """A page that read a pet without a token gets the address when it asks with one."""
    place = (await _create(secured)).headers["location"]
    public = (await secured.get(place)).headers["etag"]
    answer = await secured.get(place, bearer("ada") | {"If-None-Match": public})
    assert (answer.status, answer.json()["owner_email"]) == (200, "ada.secret@example.org")
    other = await secured.get(place, {"If-None-Match": answer.headers["etag"]})
    assert (other.status, b"ada.secret" in other.body) == (200, False)
    assert (await secured.get(place, bearer("ada") | {"If-Match": public})).status == 412


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_change_of_what_was_not_seen(secured: Client, method: str) -> None:
    """A change under the public view's tag is refused, so that it cannot wipe the address."""
    place = (await _create(secured)).headers["location"]
    public = (await secured.get(place)).headers["etag"]
    content = b"" if method == "DELETE" else b'{"name": "Bo", "species": "dog"}'
    stale = await secured.request(method, place, content, bearer("ada") | {"If-Match": public})
    assert stale.status == 412
    seen = await secured.get(place, bearer("ada"))
    assert seen.json()["owner_email"] == "ada.secret@example.org"
    fresh = bearer("ada") | {"If-Match": seen.headers["etag"]}
    assert (await secured.request(method, place, content, fresh)).status in {200, 204}


async def test_the_tag_of_a_change_is_that_of_the_next_read(secured: Client) -> None:
    """Each answer to a write has the tag that its sender's next read has."""
    place = (await _create(secured)).headers["location"]
    for method in ("PUT", "PATCH"):
        changed = await secured.request(method, place, json.dumps(PET).encode(), bearer("ada"))
        read = await secured.get(place, bearer("ada"))
        assert (changed.headers["etag"], changed.body) == (read.headers["etag"], read.body)


async def test_a_304_has_the_type_of_the_200(secured: Client) -> None:
    """Caches store what a 304 says, so it says the same as the answer that it stands for."""
    place = (await _create(secured)).headers["location"]
    targets = (place, "/api/pets", "/api/me/pets", "/api/openapi.json", "/api/docs/start.js")
    for target in targets:
        for method in ("GET", "HEAD"):
            full = await secured.request(method, target, headers=bearer("ada"))
            had = bearer("ada") | {"If-None-Match": full.headers["etag"]}
            same = await secured.request(method, target, headers=had)
            assert (full.status, same.status, same.body) == (200, 304, b"")
            kept = {
                "content-type",
                "cache-control",
                "etag",
                "vary",
                "link",
                "x-content-type-options",
            }
            for name in kept:
                assert same.headers.get(name) == full.headers.get(name), (target, name)


async def test_what_caches_replay_belongs_to_nobody(secured: Client) -> None:
    """An answer that shared caches may keep holds nothing of the request that filled them."""
    personal = {"x-request-id", "server-timing", "x-request-charge"}
    for target in ("/api/pets", "/api/pets?limit=1", "/api/openapi.json", "/api/docs/start.js"):
        full = await secured.get(target, {"X-Request-Id": "mine"})
        same = await secured.get(target, {"If-None-Match": full.headers["etag"]})
        for answer in (full, same):
            assert answer.headers["cache-control"].startswith("public")
            assert personal.isdisjoint(answer.headers)
            assert "mine" not in str(answer.headers)
    own = await secured.get("/api/me/pets", bearer("ada") | {"X-Request-Id": "mine"})
    assert own.headers["x-request-id"] == "mine"
