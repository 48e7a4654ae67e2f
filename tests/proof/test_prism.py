"""Prism, as a proxy before the server, compares each request and answer with the document."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from openapi import document
from tests.e2e.server import Server, running
from tests.ports import free_port
from tests.proof.exchanges import Asked, requests
from tests.proof.node_tools import installed

pytestmark = pytest.mark.tools

_DOCUMENT: dict[str, Any] = json.loads(document.FILE.read_text())
# What prism itself answers, as the type of a problem.
_PRISM = b"stoplight.io/prism/errors"
# A request with one of these answers broke the document's rules, or may have.
_REFUSED = {400, 401, 406, 413, 415, 422}


@contextmanager
def _prism(server: Server, described: Path, *options: str) -> Iterator[int]:
    """Run prism before the server; yield its port. A violation is its own answer."""
    port = free_port()
    command = [str(installed() / "prism"), "proxy", str(described), server.api, "--errors"]
    command += [f"--port={port}", "--cors=false", *options]
    log = described.parent / f"prism-{port}.log"
    with running(command, f"http://127.0.0.1:{port}/health", log):
        yield port


def _send(port: int, asked: Asked) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(asked.method, asked.path, asked.body or None, dict(asked.headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _is_described(asked: Asked) -> bool:
    """Return whether the document knows the operation, and prism can read its answer.

    Prism parses the empty body of an answer to HEAD, and fails. OpenAPI 3.1 knows no QUERY.
    """
    first = asked.path.partition("?")[0].split("/")[1]
    known = {"pets", "me", "inventory", "health", "openapi.json"}
    methods = {"GET", "PUT", "PATCH", "DELETE"} | ({"POST"} if first == "pets" else set())
    return first in known and asked.method in methods


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of its own with the document."""
    path = tmp_path_factory.mktemp("prism") / "openapi.json"
    path.write_text(document.FILE.read_text())
    return path


def test_every_request_and_answer(server: Server, copy: Path) -> None:
    """Each answer is one that the document describes; so is each request that is not refused."""
    violations: list[tuple[Asked, bytes]] = []

    def send(port: int, asked: Asked) -> int:
        status, body = _send(port, asked)
        if _PRISM in body:
            violations.append((asked, body))
        return status

    answers_only = _prism(server, copy, "--validate-request=false")
    with answers_only as answers, _prism(server, copy) as both:
        for asked in filter(_is_described, requests(server)):
            if send(answers, asked) not in _REFUSED and asked.path != "/pets/unknown":
                send(both, asked)
    assert [one for one in violations if not _lacks_a_token(*one)] == []


def _lacks_a_token(asked: Asked, body: bytes) -> bool:
    """Return whether prism refused a request without a token by itself, as the server would."""
    return b"#UNAUTHORIZED" in body and "Authorization" not in asked.headers


def test_a_planted_fault(server: Server, tmp_path: Path) -> None:
    """An answer that the document does not describe is prism's own answer, a 500."""
    broken = json.loads(json.dumps(_DOCUMENT))
    broken["components"]["schemas"]["Inventory"]["properties"]["sold"]["type"] = "string"
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(broken))
    with _prism(server, path) as port:
        status, body = _send(port, Asked("GET", "/inventory"))
        assert (status, _PRISM in body) == (500, True)
        assert _send(port, Asked("GET", "/pets"))[0] == 200
