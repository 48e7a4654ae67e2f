"""httplint, which nobody here wrote, reads every kind of answer from the wire."""

import gzip
import json
import socket
import subprocess
from collections.abc import Iterator, Mapping

import pytest

from tests.api.tokens import bearer
from tests.e2e.server import Server
from tests.proof.python_tools import installed
from tests.tree import ROOT

pytestmark = pytest.mark.tools

_LINT = ROOT / "tests/proof/httplint"

_PET = json.dumps({"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}).encode()
_JSON = {"Content-Type": "application/json"}
_ADA = bearer("ada")
# Findings that are meant to be, by the name of the note, each with its reason.
_REASONED = {
    "HEADER_SHOULD_NOT_BE_IN_304": "without a type of ours the host adds text/plain, which caches"
    " store with the list or script that they hold",
    "CC_CONFLICTING": "private, no-store: one of them is enough, and some caches know one only",
    "STORE_PUBLIC_UNNECESSARY": "it is what tells answers for everybody from answers for one",
    "FRESHNESS_NO_CACHE_NO_VALIDATOR": "the page is small, and names its files by version",
    "STATUS_BAD_REQUEST": "says what a 400 is, not what is wrong with it",
    "REQUEST_HDR_IN_RESPONSE": "Accept-Encoding in a 415: RFC 9110, 12.5.3 and 15.5.16",
    "LOCATION_UNDEFINED": "the GET that equals a QUERY (RFC 10008)",
}


def _exchange(
    server: Server, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> dict[str, str]:
    """Send a request; return its head and the answer as they were on the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([*lines, "", ""])
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    return {"request": head, "answer": answer.decode("latin-1")}


@pytest.fixture(scope="module")
def linter() -> list[str]:
    """Return the command that lints exchanges."""
    return [str(installed("httplint") / "python"), str(_LINT / "lint.py")]


def _notes(linter: list[str], exchanges: list[dict[str, str]]) -> list[set[str]]:
    ended = subprocess.run(
        linter, input=json.dumps(exchanges), check=True, capture_output=True, text=True
    )
    return [set(notes) for notes in json.loads(ended.stdout)]


def _requests(server: Server) -> Iterator[tuple[str, str, Mapping[str, str], bytes]]:
    """Yield requests whose answers are of every kind."""
    created = _exchange(server, "POST", "/api/pets", _JSON | _ADA, _PET)
    pet_id = json.loads(created["answer"].partition("\r\n\r\n")[2])["id"]
    place = f"/api/pets/{pet_id}"
    reads = [
        place,
        "/api/pets",
        "/api/pets?limit=1",
        "/api/me/pets",
        "/api/health",
        "/api/health/ready",
        "/api/openapi.json",
        "/api/docs",
        "/api/docs/start.js",
        "/api/docs/swagger-ui-bundle.js",
        "/api/pets/unknown",
        "/api/nothing",
        "/api/pets?x=1",
    ]
    for path in reads:
        for method in ("GET", "HEAD", "OPTIONS"):
            for more in (
                {},
                {"Accept-Encoding": "gzip"},
                {"If-None-Match": "*"},
                {"If-Match": '"x"'},
                {"Accept": "image/png"},
                {"Origin": "https://example.com"},
                _ADA,
            ):
                yield method, path, more, b""
    for method, path in (("POST", "/api/pets"), ("PUT", place), ("PATCH", place)):
        for headers, body in [
            (_JSON, _PET),
            (_JSON | _ADA, _PET),
            (_JSON | _ADA, b"{"),
            (_JSON | _ADA, b"[]"),
            (_ADA, _PET),
            (_JSON | _ADA | {"Content-Encoding": "gzip"}, gzip.compress(_PET)),
            (_JSON | _ADA, b" " * 1_000_001),
            (_JSON | bearer("bob"), _PET),
            (_JSON | _ADA | {"If-Match": '"x"'}, _PET),
            (_JSON | _ADA | {"Idempotency-Key": "k"}, _PET),
            (_JSON | {"Authorization": "Bearer x.y.z"}, _PET),
        ]:
            yield method, path, headers, body
    yield "QUERY", "/api/pets", _JSON, b'{"species": "cat"}'
    yield "QUERY", "/api/pets", {}, b"{}"
    yield "POST", "/api/health", _JSON, b"{}"
    yield "DELETE", place, bearer("bob"), b""
    yield "DELETE", place, _ADA, b""


def test_every_kind_of_answer(server: Server, linter: list[str]) -> None:
    """No answer has a fault or a doubtful field, but for those that are reasoned above."""
    exchanges = [_exchange(server, *one) for one in _requests(server)]
    found: dict[str, set[str]] = {}
    for exchange, notes in zip(exchanges, _notes(linter, exchanges), strict=True):
        where = exchange["request"].split(" HTTP")[0] + exchange["answer"][8:12]
        for note in notes:
            found.setdefault(note, set()).add(where)
    kinds = {note.partition(":")[0]: where for note, where in found.items()}
    assert {kind: where for kind, where in kinds.items() if kind not in _REASONED} == {}
    assert set(kinds) == set(_REASONED), "a reason is no longer needed"


def test_a_planted_fault(server: Server, linter: list[str]) -> None:
    """An answer that is wrong in one field is seen."""
    exchange = _exchange(server, "GET", "/api/pets", {})
    broken = exchange["answer"].replace("\r\n\r\n", "\r\nETag: unquoted\r\n\r\n", 1)
    good, bad = _notes(linter, [exchange, {**exchange, "answer": broken}])
    assert bad - good
