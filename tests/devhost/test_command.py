"""The command: loading, faults, signals, ports."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.devhost.running import check, running
from tests.tree import ROOT

pytest.importorskip(
    "azure_functions_runtime", reason="SKIPPED: the dev host runs on Python 3.13 and later"
)

_HEAD = """import asyncio
import typing
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
"""
_GOOD = """
@app.route("hello", methods=["GET", "POST"])
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"hello {len(req.get_body())}")

@app.route("slow")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(0.5)
    return func.HttpResponse("done")

@app.route("boom")
async def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("secret of boom")

@app.timer_trigger(schedule="0 0 0 * * *", arg_name="timer")
async def nightly(timer: func.TimerRequest) -> None:
    pass
"""


def _app(folder: Path, source: str) -> Path:
    (folder / "function_app.py").write_text(_HEAD + source)
    (folder / "host.json").write_text('{"version": "2.0"}')
    return folder


def _check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devhost", "--check", "--app", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@contextmanager
def _running(folder: Path, source: str = _GOOD) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """Run an app; return the process, its port and what it printed at the start."""
    with running(_app(folder, source)) as host:
        assert f"http://127.0.0.1:{host.port}/api" in host.printed
        yield host.process, host.port, host.printed


def _send(port: int, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(request)
    return connection


def _exchange(port: int, request: bytes) -> bytes:
    with _send(port, request) as connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("source", "line", "reasons"),
    [
        (
            "@app.route('a')\ndef f(_req: func.HttpRequest) -> str:\n    return ''\n",
            6,
            ["_req", "f "],
        ),
        (
            "@app.route('{x}')\ndef f(req: func.HttpRequest, x: str) -> str:\n    return x\n",
            6,
            ["'x'"],
        ),
        (
            "@app.route('a')\ndef f(req: func.HttpRequest) -> func.HttpResponse | None:\n    ...\n",
            6,
            ["annotation"],
        ),
        ("@app.route('a')\ndef f(req: func.HttpRequest) -> dict:\n    ...\n", 6, ["dict"]),
        (
            (
                "@app.route('a')\n@app.queue_output('o', 'q', 'C')\n"
                "def f(req: func.HttpRequest, o: func.Out[list[str]]) -> str:\n    ...\n"
            ),
            7,
            ["annotation"],
        ),
        (
            (
                "@app.route('a')\ndef f(req: func.HttpRequest) -> str:\n    ...\n"
                "@app.function_name('f')\n@app.route('b')\ndef g(req: func.HttpRequest) -> str:\n    ...\n"
            ),
            10,
            ["unique"],
        ),
        ("def f(:\n", 5, ["SyntaxError"]),
        ("import nosuchmodule\n", 5, ["nosuchmodule"]),
        ("raise RuntimeError('settings are missing')\n", 5, ["settings are missing"]),
        ("del app\n", None, ["function app"]),
    ],
)
def test_faults(tmp_path: Path, source: str, line: int | None, reasons: list[str]) -> None:
    """What the worker refuses is reported with file, line and reason, and the exit code is 1."""
    result = _check(_app(tmp_path, source))
    assert result.returncode == 1
    assert all(reason in result.stderr for reason in reasons)
    assert line is None or f"{tmp_path / 'function_app.py'}:{line}" in result.stderr
    assert "site-packages" not in result.stderr


def test_no_app(tmp_path: Path) -> None:
    """A folder without function_app.py is reported."""
    result = _check(tmp_path)
    assert (result.returncode, "no function_app.py" in result.stderr) == (1, True)


def test_a_good_app(tmp_path: Path) -> None:
    """An app that loads is counted, and the exit code is 0."""
    result = _check(_app(tmp_path, _GOOD))
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "OK: 4 functions")


def test_a_shadowed_route(tmp_path: Path) -> None:
    """A route that can never be reached is a fault."""
    source = """
@app.route("items/{id}")
def a(req: func.HttpRequest) -> func.HttpResponse: ...
@app.route("items/search")
def b(req: func.HttpRequest) -> func.HttpResponse: ...
"""
    result = _check(_app(tmp_path, source))
    assert result.returncode == 1
    assert "b (items/search) can never be reached: a (items/{id})" in result.stderr


def test_bad_settings(tmp_path: Path) -> None:
    """A settings file that Core Tools would refuse ends the start with the reason."""
    (tmp_path / "local.settings.json").write_text('{"Values": {}}')
    result = _check(_app(tmp_path, _GOOD))
    assert (result.returncode, "IsEncrypted" in result.stderr) == (1, True)


def test_the_start(tmp_path: Path) -> None:
    """The routes are printed with methods and names, the background functions below them."""
    with _running(tmp_path) as (_, _, printed):
        assert re.search(r"GET,POST +/api/hello +hello\n", printed)
        assert re.search(r"\* +/api/slow +slow\n", printed)
        assert re.search(r"timer +0 0 0 \* \* \* +nightly\n", printed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals(tmp_path: Path, number: signal.Signals) -> None:
    """A signal lets the request under way finish, takes no new one, and the exit code is 0."""
    with _running(tmp_path) as (process, port, _):
        with _send(port, _get("/api/slow")) as connection:
            time.sleep(0.1)
            os.kill(process.pid, number)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"done")
        assert process.wait(10) == 0
        with pytest.raises(ConnectionRefusedError):
            _send(port, b"")


def test_an_idle_connection_does_not_hold_the_end(tmp_path: Path) -> None:
    """A client that keeps its connection open does not keep the host."""
    request = b"GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n"
    with _running(tmp_path) as (process, port, _), _send(port, request) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_port_in_use(tmp_path: Path) -> None:
    """A port that is taken is named, with how to choose another; the exit code is 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = subprocess.run(
            [sys.executable, "-m", "devhost", "--app", _app(tmp_path, _GOOD), "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert result.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.stderr
    assert "make start PORT=N" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_port_of_the_settings_file(tmp_path: Path) -> None:
    """Without ``--port`` the file chooses the port; with it the argument wins."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = f'{{"IsEncrypted": false, "Host": {{"LocalHttpPort": {port}}}}}'
        (_app(tmp_path, _GOOD) / "local.settings.json").write_text(settings)
        result = check(tmp_path, "--host", "127.0.0.1")
        assert result.returncode == 1
        assert f"cannot listen on 127.0.0.1:{port}" in result.stderr
        with running(tmp_path) as host:
            assert host.port != port


def test_an_exception(tmp_path: Path) -> None:
    """An exception is a bare 500; its traceback is in the log."""
    with _running(tmp_path) as (process, port, _):
        answer = _exchange(port, _get("/api/boom"))
        process.terminate()
        assert process.stdout is not None
        log = process.stdout.read()
    assert answer.startswith(b"HTTP/1.1 500")
    assert answer.endswith(b"\r\n\r\n")
    assert "RuntimeError: secret of boom" in log
    assert re.search(r"GET /api/boom 500 [\d.]+ ms boom", log)


def test_many_at_once(tmp_path: Path) -> None:
    """Requests do not wait for one another."""
    with _running(tmp_path) as (_, port, _):
        begin = time.monotonic()
        connections = [_send(port, _get("/api/slow")) for _ in range(20)]
        for connection in connections:
            with connection:
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - begin < 20 * 0.5


def test_bodies(tmp_path: Path) -> None:
    """A body arrives whole, a chunked one not at all, one over 100 MB is refused."""
    head = b"POST /api/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    with _running(tmp_path) as (_, port, _):
        whole = _exchange(port, head + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000)
        chunked = _exchange(port, head + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        with _send(port, head + b"Content-Length: 104857601\r\n\r\n") as connection:
            refused = connection.recv(65536)
    assert whole.endswith(b"hello 300000")
    assert chunked.endswith(b"hello 0")
    assert refused.startswith(b"HTTP/1.1 413")


def test_expect_continue(tmp_path: Path) -> None:
    """A client that asks before it sends a body is told to go on."""
    head = b"POST /api/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
    head += b"Content-Length: 3\r\n\r\n"
    with _running(tmp_path) as (_, port, _), _send(port, head) as connection:
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"hello 3")


def test_lines_that_azure_drops(tmp_path: Path) -> None:
    """What the app logs at import or in a thread of its own is marked; what a call logs is not."""
    source = """
import logging, threading
logging.warning("at import")

@app.route("hello")
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    logging.warning("in a call")
    thread = threading.Thread(target=lambda: logging.warning("in a thread"))
    thread.start()
    thread.join()
    return func.HttpResponse("hello")

@app.route("sync")
def sync(req: func.HttpRequest) -> func.HttpResponse:
    logging.warning("in a sync call")
    return func.HttpResponse("hello")
"""
    with running(_app(tmp_path, source)) as host:
        for path in ("/api/hello", "/api/sync"):
            assert host.exchange(_get(path)).startswith(b"HTTP/1.1 200")
        lines = (host.printed + host.stop()).splitlines()
    marked = {line.partition("root: ")[2] for line in lines if "not in Azure's log" in line}
    mark = "  [outside of an invocation: not in Azure's log]"
    assert marked == {f"at import{mark}", f"in a thread{mark}"}
    assert [line for line in lines if line.endswith("root: in a call")]
    assert [line for line in lines if line.endswith("root: in a sync call")]
