"""Orders over HTTP: who may do what, conditions, and how each refusal is answered."""

import pytest

from function_app import wiring
from tests.api.client import Answer, Client
from tests.api.tokens import SECRET, bearer

_PET = {"name": "Ada", "species": "cat"}
_WHO = {
    "none": {},
    "stranger": bearer("eve"),
    "buyer": bearer("bob"),
    "owner": bearer("ada"),
    "admin": bearer("root", scope="pets.admin"),
}
_ADDRESS = b"bob@example.com"


@pytest.fixture
async def secured(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return a client of an API that asks for tokens."""
    await wiring.close()
    monkeypatch.setenv("JWT_SECRET", SECRET)
    return client


async def _place(client: Client, **members: str) -> str:
    """Let bob order a pet of ada's; return the order's path."""
    place = await _for_sale(client)
    body = {"contact_email": "bob@example.com", **members}
    answer = await client.put(place, body, **bearer("bob"))
    assert answer.status == 201, answer.body
    return place


async def _for_sale(client: Client) -> str:
    created = await client.post("/api/pets", _PET, **bearer("ada"))
    return f"/api/pets/{created.json()['id']}/order"


def _refused(answer: Answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status, answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "statuses"),
    [
        # none, stranger, buyer, owner, admin
        ("GET", [401, 403, 200, 200, 200]),
        ("HEAD", [401, 403, 200, 200, 200]),
        ("PUT", [401, 409, 200, 409, 409]),
        ("PATCH", [401, 403, 403, 200, 200]),
        ("DELETE", [401, 403, 204, 204, 204]),
    ],
)
async def test_who_may_do_what(secured: Client, method: str, statuses: list[int]) -> None:
    """Each method, by each kind of caller, on an order that is placed."""
    for (name, token), status in zip(_WHO.items(), statuses, strict=True):
        place = await _place(secured)
        body = {"PUT": b"", "PATCH": b'{"status": "approved"}'}.get(method, b"")
        answer = await secured.request(method, place, body, token)
        assert answer.status == status, name
        seen = _ADDRESS in answer.body
        assert seen is (name in {"buyer", "admin"} and status == 200)
        if status == 200:
            assert answer.headers["cache-control"] == "private, no-store"
            assert answer.headers["vary"].startswith("Authorization")


async def test_an_order(secured: Client) -> None:
    """A new order has its members and a tag; nothing of it is shown with the pet or in lists."""
    place = await _place(secured, ship_by="2020-02-29", note="Please\nring")
    answer = await secured.get(place, bearer("bob"))
    order = answer.json()
    assert {name: order[name] for name in ("status", "ship_by", "note", "buyer")} == {
        "status": "placed",
        "ship_by": "2020-02-29",
        "note": "Please\nring",
        "buyer": "bob",
    }
    assert order["placed_at"] == order["updated_at"]
    for token in _WHO.values():
        for path in (place.removesuffix("/order"), "/api/pets"):
            shown = await secured.get(path, token)
            assert b"pending" in shown.body
            assert b"bob" not in shown.body
            assert b"ring" not in shown.body


async def test_fifty_buyers(secured: Client) -> None:
    """The losers are told that the pet is not available, whoever they are."""
    place = await _place(secured)
    for number in range(3):
        answer = await secured.put(place, {}, **bearer(f"u{number}"))
        assert _refused(answer) == (409, "Pet not available")


async def test_conditions(secured: Client) -> None:
    """If-None-Match: * places only where there is none, If-Match changes only what was seen."""
    place, bob, ada = await _for_sale(secured), bearer("bob"), bearer("ada")
    assert (await secured.put(place, {}, If_Match="*", **bob)).status == 412
    made = await secured.put(place, {}, If_None_Match="*", **bob)
    assert made.status == 201
    assert (await secured.put(place, {}, If_None_Match="*", **bob)).status == 412
    tag = made.headers["etag"]
    assert (await secured.get(place, bob | {"If-None-Match": tag})).status == 304
    # A change of the pet alone is none of the order.
    await secured.patch(place.removesuffix("/order"), {"name": "Bo"}, **ada)
    assert (await secured.get(place, bob | {"If-None-Match": tag})).status == 304
    step = {"status": "approved"}
    assert (await secured.patch(place, step, If_Match='"x"', **ada)).status == 412
    mine = (await secured.get(place, ada)).headers["etag"]
    approved = await secured.patch(place, step, If_Match=mine, **ada)
    assert (approved.status, approved.json()["status"]) == (200, "approved")
    assert (await secured.delete(place, bob | {"If-Match": tag})).status == 412
    assert (await secured.delete(place, bob)).status == 204
    assert _refused(await secured.get(place, bob)) == (404, "Order not found")
    assert (await secured.get(place.removesuffix("/order"))).json()["status"] == "available"


async def test_each_view_has_its_tag(secured: Client) -> None:
    """Who sees the buyer's address and who does not never share a tag."""
    place = await _place(secured)
    tags = [(await secured.get(place, _WHO[who])).headers["etag"] for who in ("buyer", "owner")]
    assert tags[0] != tags[1]


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        (b"{", {}, (400, "Invalid JSON")),
        (b"", {"Transfer-Encoding": "chunked"}, (400, "Invalid JSON")),
        (b"null", {}, (422, "Invalid order")),
        (b'{"quantity": 2}', {}, (422, "Invalid order")),
        (b'{"note": "' + b"x" * 999_000 + b'"}', {}, (422, "Invalid order")),
        (b'{"note": "' + b"x" * 1_000_001 + b'"}', {}, (413, "Body too large")),
        (b"{}", {"Content-Type": "text/plain"}, (415, "Unsupported media type")),
        (b"", {"Content-Encoding": "gzip"}, (415, "Unsupported content encoding")),
        (b"", {"If-Match": "x"}, (400, "Invalid parameter")),
    ],
)
async def test_bad_bodies(
    secured: Client, body: bytes, headers: dict[str, str], error: tuple[int, str]
) -> None:
    """What cannot be read or breaks a rule is refused, and orders nothing."""
    place = await _for_sale(secured)
    assert _refused(await secured.request("PUT", place, body, bearer("bob") | headers)) == error
    assert (await secured.get(place, bearer("ada"))).status == 404


@pytest.mark.parametrize("body", [{"status": None}, {"status": "lost"}, {"note": "x"}, [], None])
async def test_bad_patches(secured: Client, body: object) -> None:
    """Only the status can be patched, and only to one that there is."""
    place = await _place(secured)
    answer = await secured.patch(place, body, **bearer("ada"))
    assert _refused(answer) == (422, "Invalid order")


async def test_a_body_where_none_is_needed(secured: Client) -> None:
    """PUT takes no body, an empty one of a type, and an object; DELETE and GET ignore theirs."""
    for body, headers in ((b"", {}), (b"", {"Content-Type": "application/json"}), (b"{}", {})):
        place = await _for_sale(secured)
        assert (await secured.request("PUT", place, body, bearer("bob") | headers)).status == 201
        assert (await secured.request("GET", place, b"x", bearer("bob"))).status == 200
        assert (await secured.request("DELETE", place, b"x", bearer("bob"))).status == 204


async def test_the_refusals(secured: Client) -> None:
    """Each conflict is a 409 that says which it is."""
    place = await _place(secured)
    pet, ada = place.removesuffix("/order"), bearer("ada")
    assert _refused(await secured.patch(place, {"status": "delivered"}, **ada)) == (
        *(409, "Order cannot change"),
    )
    assert _refused(await secured.patch(pet, {"status": "sold"}, **ada)) == (
        *(409, "Pet has an order"),
    )
    assert _refused(await secured.delete(pet, ada)) == (409, "Pet has an order")
    missing = "/api/pets/01900000-0000-7000-8000-000000000000/order"
    assert _refused(await secured.put(missing, {}, **ada)) == (404, "Pet not found")


async def test_without_tokens(client: Client) -> None:
    """On a server that needs no tokens anybody may order; all callers are one buyer."""
    place = f"/api/pets/{(await client.post('/api/pets', _PET)).json()['id']}/order"
    made = await client.request("PUT", place)
    assert (made.status, made.json()["buyer"]) == (201, None)
    assert (await client.request("PUT", place)).status == 200
    assert (await client.delete(place)).status == 204


async def test_my_orders(secured: Client) -> None:
    """Each caller gets what they ordered, with the pet's id, and pages by cursor."""
    places = [await _place(secured) for _ in range(3)]
    first = await secured.get("/api/me/orders?limit=2", bearer("bob"))
    assert first.headers["cache-control"] == "private, no-store"
    rest = await secured.get(
        f"/api/me/orders?limit=2&cursor={first.json()['next_cursor']}", bearer("bob")
    )
    found = [*first.json()["data"], *rest.json()["data"]]
    assert [f"/api/pets/{one['pet_id']}/order" for one in found] == places[::-1]
    assert {one["contact_email"] for one in found} == {"bob@example.com"}
    for other in ("eve", "ada"):
        assert (await secured.get("/api/me/orders", bearer(other))).json()["data"] == []
    assert (await secured.get("/api/me/orders?status=sold", bearer("bob"))).status == 400
    cursor = first.json()["next_cursor"]
    assert (await secured.get(f"/api/pets?cursor={cursor}")).status == 400
    assert (await secured.get("/api/me/orders")).status == 401


async def test_the_inventory(secured: Client) -> None:
    """Anybody may read the counts; all three keys are there, and caches may keep them as a list."""
    counts = (await secured.get("/api/inventory")).json()
    assert counts == {"available": 0, "pending": 0, "sold": 0}
    await _place(secured)
    answer = await secured.get("/api/inventory")
    assert answer.json() == {"available": 0, "pending": 1, "sold": 0}
    listed = await secured.get("/api/pets")
    assert answer.headers["cache-control"] == listed.headers["cache-control"]
    assert (await secured.get("/api/inventory?status=sold")).status == 400
