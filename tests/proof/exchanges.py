"""Requests to the API whose answers are of every kind, for judges that read answers."""

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.api.tokens import bearer
from tests.e2e.server import Server

PET = json.dumps({"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}).encode()
JSON = {"Content-Type": "application/json"}
ADA, BOB = bearer("ada"), bearer("bob")

# Of each of these, every method and condition. The API's paths begin after "/api".
_PAGES = (
    *("/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js", "/nothing"),
    *("/openapi.json", "/health", "/health/ready", "/inventory"),
)
_LISTS = ("/pets", "/pets?limit=1", "/pets?x=1", "/pets/unknown", "/me/pets", "/me/orders")
_READS: tuple[Mapping[str, str], ...] = (
    {},
    {"Accept-Encoding": "gzip"},
    {"If-None-Match": "*"},
    {"If-Match": '"x"'},
    {"Accept": "image/png"},
    {"Origin": "https://example.com"},
    ADA,
)
_APPROVED = b'{"status": "approved"}'


class Asked(NamedTuple):
    """A request; its path begins after "/api"."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes = b""


def requests(server: Server) -> Iterator[Asked]:
    """Yield requests whose answers are of every kind, in an order that matters."""
    # A server that asks for tokens has pets of users only.
    place, ordered = _create(server), _create(server)
    yield Asked("PUT", f"{ordered}/order", JSON | BOB, b'{"note": "n", "ship_by": "2026-12-24"}')
    for path in (place, f"{ordered}/order", *_LISTS, *_PAGES):
        for method in ("GET", "HEAD", "OPTIONS"):
            for headers in _READS:
                yield Asked(method, path, headers)
    yield from _writes("POST", "/pets", PET)
    yield from _writes("PUT", place, PET)
    yield from _writes("PATCH", place, b'{"breed": "tabby"}')
    yield from _writes("PUT", f"{place}/order", b"{}")
    yield from _writes("PATCH", f"{ordered}/order", _APPROVED)
    yield Asked("QUERY", "/pets", JSON, b'{"species": "cat"}')
    yield Asked("QUERY", "/pets", {}, b"{}")
    yield Asked("POST", "/health", JSON, b"{}")
    yield from _ends(place, ordered)


def _create(server: Server) -> str:
    status, pet = server.call("POST", "/pets", json.loads(PET), **ADA)
    assert status == 201, pet
    return f"/pets/{pet['id']}"


def _writes(method: str, path: str, body: bytes) -> Iterator[Asked]:
    for headers, sent in (
        (JSON, body),
        (JSON | ADA, body),
        (JSON | ADA, b"{"),
        (JSON | ADA, b"[]"),
        (JSON | ADA, b'{"unknown": 1}'),
        ({"Content-Type": "text/plain"} | ADA, body),
        (JSON | ADA | {"Content-Encoding": "gzip"}, gzip.compress(body)),
        (JSON | ADA, b" " * 1_000_001),
        (JSON | BOB, body),
        (JSON | ADA | {"If-Match": '"x"'}, body),
        (JSON | ADA | {"Idempotency-Key": "k"}, body),
        (JSON | ADA | {"Idempotency-Key": "k"}, body),
        (JSON | ADA | {"Idempotency-Key": "k"}, PET.replace(b"Ada", b"Bo")),
        (JSON | {"Authorization": "Bearer x.y.z"}, body),
    ):
        yield Asked(method, path, headers, sent)


def _ends(place: str, ordered: str) -> Iterator[Asked]:
    eve = bearer("eve")
    for path, wanted in (
        (ordered, ADA),  # it has an order
        (f"{ordered}/order", eve),
        (f"{ordered}/order", BOB),
        (f"{ordered}/order", BOB),
        (place, BOB),
        (f"{place}/order", ADA),
        (place, ADA),
        (place, ADA),
    ):
        yield Asked("DELETE", path, wanted)
    yield Asked("GET", place)
    yield Asked("GET", f"{ordered}/order", ADA)
