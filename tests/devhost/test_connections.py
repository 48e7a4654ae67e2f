"""Connections that break off, stall or are half-way when the host stops; output that goes away."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from devhost.http.connections import Server
from devhost.http.uploads import Uploads
from tests.devhost.running import Running, check, rest_of, running

pytest.importorskip(
    "azure_functions_runtime", reason="SKIPPED: the dev host runs on Python 3.13 and later"
)

_APP = """
import asyncio
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("size")
async def size(req: func.HttpRequest) -> func.HttpResponse:
    print("the app prints too")
    return func.HttpResponse(str(len(req.get_body())))

@app.route("slow")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(0.5)
    return func.HttpResponse("done")
"""
_HEAD = b"POST /api/size HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
_GET = b"GET /api/size HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Running]:
    """Run a small app."""
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(_APP)
    with running(tmp_path) as found:
        yield found


@asynccontextmanager
async def _served_bodies(slow_seconds: float) -> AsyncIterator[int]:
    """Answer with the length of the body, or 408; yield the port."""
    uploads = Uploads(slow_seconds)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return web.Response(text=str(len(await uploads.read(request))))
        except TimeoutError:
            return web.Response(status=408)

    server = Server(answer)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await server.shutdown(0)


@asynccontextmanager
async def _served(head_seconds: float) -> AsyncIterator[int]:
    """Serve an answer to everything in this process; yield the port."""

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(3 * head_seconds)
        return web.Response(text="here")

    server = Server(answer, head_seconds)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await server.shutdown(0)


async def _send_parts(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send parts with pauses between them until an answer ends; return it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.read())
    try:
        for part in parts:
            writer.write(part)
            await asyncio.wait([answer], timeout=pause)
            if answer.done():
                break
        return await asyncio.wait_for(answer, 20)
    finally:
        writer.close()


@pytest.mark.parametrize("start", [b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX"])
async def test_headers_that_do_not_end(start: bytes) -> None:
    """Headers that do not end in time get 408, and the connection is closed."""
    async with _served(0.1) as port:
        answer = await _send_parts(port, start)
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_headers_that_trickle() -> None:
    """A request that sends a byte now and then gets no more time."""
    async with _served(0.3) as port:
        answer = await _send_parts(port, *[b"GET / HTTP/1.1\r\n", *[b"X"] * 200], pause=0.05)
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_an_answer_before_late_headers() -> None:
    """A request that is complete is answered, though the next one's headers do not end."""
    whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    async with _served(0.1) as port:
        answer = await _send_parts(port, whole + b"GET /next")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"here")


async def test_a_body_is_not_held_to_the_time_of_headers() -> None:
    """The clock for headers stops where they end, also for a second request."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    last = head + b"Connection: close\r\n\r\n"
    async with _served(0.1) as port:
        answer = await _send_parts(port, head + b"\r\na", b"b" + last + b"a", b"b", pause=0.15)
    assert answer.count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize("rest", [b"", b"x"])
async def test_a_body_that_trickles(rest: bytes) -> None:
    """A body that stops, or comes a byte now and then, gets 408 after the grace."""
    async with _served_bodies(0.2) as port:
        head = _HEAD + b"Content-Length: 1000\r\n\r\n"
        answer = await _send_parts(port, head, *[rest] * 100, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_came_fast_enough() -> None:
    """A body may pause after the grace, when its average is above the lowest rate."""
    async with _served_bodies(0.2) as port:
        head = _HEAD + b"Content-Length: 24000\r\n\r\n"
        answer = await _send_parts(port, head + b"x" * 23_999, b"x", pause=0.5)
    assert answer.endswith(b"24000")


def test_a_client_that_leaves(host: Running) -> None:
    """A client that leaves in mid-upload is one line in the log, and no function is called."""
    with host.connect() as connection:
        connection.sendall(_HEAD + b"Content-Length: 100\r\n\r\nabc")
    assert host.exchange(_GET).endswith(b"0")
    printed = host.stop()
    assert "POST /api/size - " in printed
    assert "the client left" in printed
    assert "Traceback" not in printed
    assert printed.count("the app prints too") == 1


def test_a_client_that_does_not_wait(host: Running) -> None:
    """A client that leaves before its answer leaves no traceback."""
    with host.connect() as connection:
        connection.sendall(b"GET /api/slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert host.exchange(_GET).endswith(b"0")
    printed = host.stop()
    assert "GET /api/slow 200" in printed
    assert "Traceback" not in printed


def test_a_body_with_bad_framing(host: Running) -> None:
    """A chunk without a size is the client's fault: 400, and no traceback."""
    answer = host.exchange(_HEAD + b"Transfer-Encoding: chunked\r\n\r\nnosize\r\n\r\n")
    assert answer.split()[1] == b"400"
    assert "Traceback" not in host.stop()


@pytest.mark.parametrize(
    "half",
    [b"", b"GET /api/size HTTP/1.1\r\nHo", _HEAD + b"Content-Length: 9\r\n\r\nabc"],
    ids=["nothing", "half of the headers", "half of the body"],
)
def test_a_stop_with_half_a_request(host: Running, half: bytes) -> None:
    """What is half-sent does not hold a stop for as long as functions may take."""
    with host.connect() as connection:
        connection.sendall(half)
        assert host.exchange(_GET).endswith(b"0")
        begin = time.monotonic()
        printed = host.stop()
    assert time.monotonic() - begin < 10
    assert "Traceback" not in printed


def test_a_stop_during_an_upload(host: Running) -> None:
    """An upload that ends soon after the signal is still answered."""
    with host.connect() as connection:
        connection.sendall(_HEAD + b"Expect: 100-continue\r\nContent-Length: 6\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        os.kill(host.process.pid, signal.SIGTERM)
        assert host.process.stdout is not None
        while "Stopping" not in host.process.stdout.readline():
            pass
        connection.sendall(b"abcdef")
        answer = rest_of(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"6")
    assert host.process.wait(20) == 0


def test_output_that_goes_away(host: Running) -> None:
    """After ``make start | head`` requests are answered, and SIGTERM ends the host."""
    assert host.process.stdout is not None
    host.process.stdout.close()
    answers = [host.exchange(_GET) for _ in range(3)]
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * 3
    host.process.terminate()
    assert host.process.wait(20) == 0


@pytest.mark.parametrize("port", ["80000", "65536", "-1", "x", "", "9" * 5000])
def test_a_port_that_cannot_be(tmp_path: Path, port: str) -> None:
    """A port that no machine has is refused, and no other one taken in its place."""
    result = check(tmp_path, f"--port={port}")
    assert result.returncode == 2
    assert "a port is a number from 0 to 65535" in result.stderr


@pytest.mark.parametrize("name", ["nosuch", "file"])
def test_an_app_that_is_not_there(tmp_path: Path, name: str) -> None:
    """A folder that does not exist, or is a file, is reported in one line."""
    (tmp_path / "file").touch()
    result = check(tmp_path / name)
    assert result.returncode == 2
    assert f"{name}' is not a folder that can be read" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_address_of_another_machine(tmp_path: Path) -> None:
    """An address that is not of this machine is reported in one line."""
    (tmp_path / "function_app.py").touch()
    with socket.socket() as other, pytest.raises(OSError, match="assign"):
        other.bind(("192.0.2.1", 0))
    result = check(tmp_path, "--host", "192.0.2.1", "--port", "0")
    assert result.returncode == 1
    assert "cannot listen on 192.0.2.1:0" in result.stderr
