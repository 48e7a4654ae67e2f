"""REDbot asks the running server for its pages as caches and browsers may, and reads the answers.

Its engine, httplint, reads every other kind of answer in test_httplint.py.
"""

import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.api.tokens import bearer
from tests.e2e.server import Server
from tests.proof.python_tools import installed

pytestmark = pytest.mark.tools

# Findings that are meant to be, by the name of the note, each with its reason.
_REASONED = {
    "CSP_UNSAFE_INLINE": "styles only: Swagger UI sets style attributes; scripts are the page's own",
    "FRESHNESS_NO_CACHE_NO_VALIDATOR": "the page is small, and names its files by version",
    "STORE_PUBLIC_UNNECESSARY": "it is what tells answers for everybody from answers for one",
}
# What each page must have shown it, beyond the absence of faults.
_CAN_BE_ASKED_AGAIN = {"INM_304"}
_PAGES = {
    "/pets": _CAN_BE_ASKED_AGAIN,
    "/inventory": _CAN_BE_ASKED_AGAIN,
    "/openapi.json": _CAN_BE_ASKED_AGAIN | {"CONNEG_GZIP_GOOD"},
    "/docs/swagger-ui-bundle.js": _CAN_BE_ASKED_AGAIN | {"CONNEG_GZIP_GOOD"},
    "/docs": set[str](),
    "/health/ready": set[str](),
}


def _notes(url: str) -> list[tuple[str, str]]:
    """Return the name and level of each note about a URL, and of the notes below them."""
    command = [str(installed("httplint") / "redbot"), "-o", "har", url]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    (entry, *_) = json.loads(ended.stdout)["log"]["entries"]
    return list(_flatten(entry["_red_messages"]))


def _flatten(notes: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for note in notes:
        yield note["note_id"], note["level"]
        yield from _flatten(note.get("subnotes", []))


def _faults(notes: list[tuple[str, str]]) -> set[str]:
    return {name for name, level in notes if level in {"BAD", "WARN"}}


def test_the_pages(server: Server) -> None:
    """No page has a fault, but for those that are reasoned above; each does what it should."""
    pet = {"name": "Ada", "species": "cat"}
    place = f"/pets/{server.call('POST', '/pets', pet, **bearer('ada'))[1]['id']}"
    faults: set[str] = set()
    for path, wanted in {**_PAGES, place: _CAN_BE_ASKED_AGAIN}.items():
        notes = _notes(server.api + path)
        assert wanted <= {name for name, _ in notes}, (path, notes)
        faults |= _faults(notes)
    assert faults == set(_REASONED)


class _Careless(BaseHTTPRequestHandler):
    """Sends a tag and does not keep to it."""

    def do_GET(self) -> None:
        """Answer with a page, whatever the condition."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("ETag", "unquoted")
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"x")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_a_planted_fault() -> None:
    """A server whose tag is none, and which ignores it, is found out."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Careless) as careless:
        thread = Thread(target=careless.serve_forever)
        thread.start()
        notes = _notes(f"http://127.0.0.1:{careless.server_port}/")
        careless.shutdown()
        thread.join()
    assert _faults(notes)
