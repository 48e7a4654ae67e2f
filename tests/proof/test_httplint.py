"""httplint, which nobody here wrote, reads every kind of answer from the wire."""

import json
import socket
import subprocess
import time
from typing import Any

import pytest

from tests.e2e.server import Server
from tests.proof.exchanges import Asked, requests
from tests.proof.python_tools import installed
from tests.tree import ROOT

pytestmark = pytest.mark.tools

_LINT = ROOT / "tests/proof/httplint"

# Findings that are meant to be, by the name of the note, each with its reason.
_REASONED = {
    "HEADER_SHOULD_NOT_BE_IN_304": "without a type of ours the host adds text/plain, which caches"
    " store with the list or script that they hold",
    "CC_CONFLICTING": "private, no-store: one of them is enough, and some caches know one only",
    "STORE_PUBLIC_UNNECESSARY": "it is what tells answers for everybody from answers for one",
    "CSP_UNSAFE_INLINE": "styles only: Swagger UI sets style attributes; scripts are the page's own",
    "FRESHNESS_NO_CACHE_NO_VALIDATOR": "the page is small, and names its files by version",
    "STATUS_BAD_REQUEST": "says what a 400 is, not what is wrong with it",
    "REQUEST_HDR_IN_RESPONSE": "Accept-Encoding in a 415: RFC 9110, 12.5.3 and 15.5.16",
    "CREATED_WITHOUT_LOCATION": "an order: PUT creates what its URL names (RFC 9110, 15.3.2)",
    "LOCATION_UNDEFINED": "the GET that equals a QUERY (RFC 10008)",
}


def _exchange(server: Server, asked: Asked) -> dict[str, Any]:
    """Send a request; return when, its head and the answer as they were on the wire."""
    method, path, headers, body = asked
    lines = [f"{method} /api{path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += ["Connection: close", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([*lines, "", ""])
    begin = time.time()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    return {"time": begin, "request": head, "answer": answer.decode("latin-1")}


@pytest.fixture(scope="module")
def linter() -> list[str]:
    """Return the command that lints exchanges."""
    return [str(installed("httplint") / "python"), str(_LINT / "lint.py")]


def _notes(linter: list[str], exchanges: list[dict[str, Any]]) -> list[set[str]]:
    ended = subprocess.run(
        linter, input=json.dumps(exchanges), check=True, capture_output=True, text=True
    )
    return [set(notes) for notes in json.loads(ended.stdout)]


def test_every_kind_of_answer(server: Server, linter: list[str]) -> None:
    """No answer has a fault or a doubtful field, but for those that are reasoned above."""
    exchanges = [_exchange(server, asked) for asked in requests(server)]
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
    exchange = _exchange(server, Asked("GET", "/pets"))
    broken = exchange["answer"].replace("\r\n\r\n", "\r\nETag: unquoted\r\n\r\n", 1)
    good, bad = _notes(linter, [exchange, {**exchange, "answer": broken}])
    assert bad - good
