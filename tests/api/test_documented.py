"""Every status that an operation answers with is in the OpenAPI document."""

import gzip
import json
from typing import Any

import pytest

from function_app import app, wiring
from openapi.operations import PAGES, UNDESCRIBED
from petstore.http.routes import Operation
from tests.api.client import Client
from tests.api.tokens import SECRET, bearer
from tests.tree import ROOT

_DOCUMENT = json.loads((ROOT / "petstore/http/openapi.json").read_text())
_PET = b'{"name": "Ada", "species": "cat"}'
# The pages that show the document are not part of it.
_OPERATIONS = [
    (operation, method)
    for operation in app.operations
    if operation.name not in PAGES | UNDESCRIBED
    for method in operation.methods
]
_ADA: dict[str, str | None] = {**bearer("ada")}
# What cannot be provoked from outside: the platform's own, bugs, and a race.
_NOT_SENT = {"429", "500", "409"}

# Documented for every operation alike; these look at nothing that can be malformed or refused.
_UNUSED = {
    "health": {"400"},
    "health_ready": {"400"},
}

# Requests of every kind: query, headers, body. None stands for a header that is not sent.
_REQUESTS: list[tuple[str, dict[str, str | None], bytes]] = [
    ("", {}, _PET),
    ("", _ADA, _PET),
    ("", {**bearer("bob")}, _PET),
    ("", {"Authorization": "Basic YTpi"}, _PET),
    ("", {"Authorization": "Bearer x.y.z"}, _PET),
    ("?x=1&x=2", _ADA, _PET),
    ("?limit=0", _ADA, _PET),
    ("", _ADA | {"Accept": "image/png"}, _PET),
    ("", _ADA | {"If-Match": '"x"'}, _PET),
    ("", _ADA | {"If-Match": "x"}, _PET),
    ("", _ADA | {"If-None-Match": "*"}, _PET),
    ("", _ADA | {"If-None-Match": "x"}, _PET),
    ("", _ADA | {"Idempotency-Key": "a,b"}, _PET),
    ("", _ADA | {"Idempotency-Key": "used"}, _PET),
    ("", _ADA | {"Idempotency-Key": "used"}, b'{"name": "Bo", "species": "dog"}'),
    ("", _ADA, b""),
    ("", _ADA, b"{"),
    ("", _ADA, b'{"name": ""}'),
    ("", _ADA, b" " * 1_000_001),
    ("", _ADA | {"Content-Type": None}, _PET),
    ("", _ADA | {"Content-Type": "text/plain"}, _PET),
    ("", _ADA | {"Content-Encoding": "gzip"}, gzip.compress(_PET)),
    ("", _ADA | {"Origin": "https://evil.example"}, _PET),
]


# Bodies of operations that do not take a pet.
_GOOD = {"place_order": b"{}", "patch_order": b'{"status": "approved"}'}
_ON_AN_ORDER = {"get_order", "patch_order", "cancel_order"}


def _documented(operation: Operation, method: str) -> set[str]:
    responses: dict[str, Any] = _DOCUMENT["paths"][f"/{operation.route}"][method.lower()][
        "responses"
    ]
    return set(responses)


async def _place(client: Client, operation: Operation, *, known: bool = True) -> str:
    pet_id = "01900000-0000-7000-8000-000000000000"
    if known:
        created = await client.request("POST", "/api/pets", _PET, _ADA)
        pet_id = created.json()["id"]
    return "/api/" + operation.route.replace("{pet_id}", pet_id)


async def _order(client: Client, target: str) -> None:
    if target.partition("?")[0].endswith("/order"):
        await client.request("PUT", target.partition("?")[0], b"", _ADA)


@pytest.mark.parametrize(
    ("operation", "method"), _OPERATIONS, ids=lambda value: getattr(value, "name", value)
)
async def test_every_status_is_documented(
    client: Client, monkeypatch: pytest.MonkeyPatch, operation: Operation, method: str
) -> None:
    """What an operation answers to good, bad, foreign and conditional requests is documented."""
    monkeypatch.setenv("JWT_SECRET", SECRET)
    monkeypatch.setenv("PETSTORE_CORS_ORIGINS", "none")
    await wiring.close()
    has_body = method in {"POST", "PUT", "PATCH"}
    good = _GOOD.get(operation.name, _PET)
    seen = set()
    for query, headers, body in _REQUESTS:
        for known in (True, False):
            target = await _place(client, operation, known=known) + query
            if operation.name in _ON_AN_ORDER or "Idempotency-Key" in headers:
                await _order(client, target)
            sent = (good if body is _PET else body) if has_body else b""
            seen.add(str((await client.request(method, target, sent, headers)).status))
    monkeypatch.setenv("JWT_SECRET", "short")
    target = _place_without_store(operation)
    await wiring.close()
    seen.add(str((await client.request(method, target, _PET if has_body else b"")).status))
    assert seen <= _documented(operation, method)
    unseen = _documented(operation, method) - seen - _NOT_SENT
    assert unseen <= _UNUSED.get(operation.name, set())


def _place_without_store(operation: Operation) -> str:
    return "/api/" + operation.route.replace("{pet_id}", "01900000-0000-7000-8000-000000000000")
