"""scripts/smoke against servers that answer well and badly."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.tree import ROOT

pytestmark = pytest.mark.infra


class _Server(ThreadingHTTPServer):
    """A stand-in for the API that keeps pets in memory and can be told to misbehave."""

    def __init__(self, faults: dict[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.faults = faults
        self.pets: dict[str, dict[str, Any]] = {}
        self.tokens: set[str | None] = set()
        self.deleted = 0


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        pet = self.server.pets.get(self.path.removeprefix("/api/pets/"))
        if self.path.startswith("/api/health"):
            self._answer(200, {"status": "pass"})
        elif self.path.startswith("/api/pets?"):
            self._answer(200, {"data": list(self.server.pets.values())})
        else:
            self._answer(200 if pet else 404, pet or {"error": "Pet not found"})

    def do_POST(self) -> None:
        self.server.tokens.add(self.headers["Authorization"])
        length = int(self.headers["Content-Length"])
        pet = json.loads(self.rfile.read(length)) | {"id": "1"}
        self.server.pets["1"] = pet
        self._answer(201, pet)

    def do_DELETE(self) -> None:
        self.server.deleted += 1
        self.server.pets.pop(self.path.removeprefix("/api/pets/"), None)
        self._answer(204, None)

    def _answer(self, status: int, body: object) -> None:
        status = self.server.faults.get(f"{self.command} {self.path}", status)
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@contextmanager
def _serving(faults: dict[str, int]) -> Iterator[tuple[str, _Server]]:
    with _Server(faults) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api", server
        finally:
            server.shutdown()
            thread.join()


def _smoke(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts/smoke"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_all_is_well() -> None:
    """A good server passes, the token is sent, and the pet is gone afterwards."""
    with _serving({}) as (url, server):
        ended = _smoke(url, PETSTORE_TOKEN="t0ken")  # noqa: S106
    assert (ended.returncode, ended.stderr) == (0, "")
    assert server.tokens == {"Bearer t0ken"}
    assert server.pets == {}


@pytest.mark.parametrize(
    "fault",
    [
        "GET /api/health",
        "GET /api/health/ready",
        "POST /api/pets",
        "GET /api/pets/1",
        "DELETE /api/pets/1",
    ],
)
def test_a_wrong_status_fails(fault: str) -> None:
    """Each step notices a wrong status, says which it was, and ends with 1."""
    with _serving({fault: 500}) as (url, _):
        ended = _smoke(url)
    assert ended.returncode == 1
    method, path = fault.split(" /api")
    assert f"{method} {path}" in ended.stderr
    assert "500 came" in ended.stderr


def test_a_pet_is_deleted_even_when_reading_it_fails() -> None:
    """The check removes what it created."""
    with _serving({"GET /api/pets/1": 500}) as (url, server):
        _smoke(url)
    assert server.deleted == 1


def test_reading_only_creates_nothing() -> None:
    """Without a token health, readiness and the list are asked for, and nothing is created."""
    with _serving({"POST /api/pets": 401}) as (url, server):
        ended = _smoke(url, "--read-only")
    assert (ended.returncode, server.deleted) == (0, 0)
    assert "GET    /pets?limit=1" in ended.stdout
    with _serving({"GET /api/pets?limit=1": 503}) as (url, _):
        assert _smoke(url, "--read-only").returncode == 1


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_is_not_for_this_machine(name: str) -> None:
    """A proxy of the environment, dead or alive, is not asked for an API on this machine."""
    with _serving({}) as (url, _):
        assert _smoke(url, **{name: "http://127.0.0.1:1"}).returncode == 0


def test_a_dead_proxy_is_named_at_once() -> None:
    """While it waits it says for what: the proxy, without its password."""
    ended = _smoke(
        "http://nobody.invalid/api", "--wait", "0.5", http_proxy="http://ada:secret@127.0.0.1:1"
    )
    assert ended.returncode == 2
    first = ended.stderr.splitlines()[0]
    assert first.startswith("Waiting up to ")
    assert "through the proxy 127.0.0.1:1: " in first
    assert "secret" not in ended.stdout + ended.stderr


def test_a_starting_server_is_named_while_it_is_waited_for() -> None:
    """A status that means "not yet" is shown once, not at each try, and nothing is lost by it."""
    with _serving({"GET /api/health": 503}) as (url, _):
        ended = _smoke(url, "--wait", "0.5")
    assert ended.stderr.count("Waiting up to ") == 1
    assert "GET /health: 503" in ended.stderr


def test_a_token_that_is_none() -> None:
    """A token that would break the header is refused, and is not shown."""
    ended = _smoke("http://127.0.0.1:1/api", PETSTORE_TOKEN="two\nlines")  # noqa: S106
    assert (ended.returncode, "PETSTORE_TOKEN" in ended.stderr) == (2, True)
    assert "lines" not in ended.stderr


def _serve_once(answer: bytes) -> str:
    """Send these bytes to whoever connects, as often as somebody does; return the URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener:
            for _ in range(3):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(10_000)
                    connection.sendall(answer)

    Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/api"


@pytest.mark.parametrize(
    "answer",
    [
        b"\x1b[2J\x9b\r\n\r\n",
        b"HTTP/1.1 200 \x1b[2J\r\nContent-Length: 4\r\n\r\n\x1b[2J",
        b"HTTP/1.1 500 no\r\nContent-Length: 4\r\n\r\n\x1b[2J",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\x1b[2J\r\n\r\n{}",
    ],
)
def test_a_hostile_server(answer: bytes) -> None:
    """What a stranger answers moves no terminal, wherever in the answer it stands."""
    ended = _smoke(_serve_once(answer), "--wait", "0")
    assert ended.returncode in {1, 2}
    shown = (ended.stdout + ended.stderr).splitlines()
    assert [line for line in shown if not line.isprintable()] == []


def test_nobody_there() -> None:
    """A refused connection ends with 2 and names the address."""
    ended = _smoke("http://127.0.0.1:1/api", "--wait", "0")
    assert ended.returncode == 2
    assert "NO ANSWER" in ended.stderr
    assert "127.0.0.1:1" in ended.stderr


def test_no_url() -> None:
    """Something that is not a URL is refused with a usage line."""
    ended = _smoke("petstore")
    assert ended.returncode == 2
    assert "usage" in ended.stderr
