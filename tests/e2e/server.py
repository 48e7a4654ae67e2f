"""`make start` as a user runs it: a real process on a free port, stopped by its own id."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.tree import ROOT

_START_SECONDS = 60
_STOP_SECONDS = 15


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[str]
    log: Path

    @property
    def api(self) -> str:
        """Return the API's base URL."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def origin(self) -> str:
        """Return the server's URL without a path."""
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, body: object = None, **more: str) -> tuple[int, Any]:
        """Send a request, with more headers if there are any; give the status and decoded body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **more}
        request = urllib.request.Request(self.api + path, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal signals the whole process group. Wait for its end."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """Kill all of it, without a warning."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_STOP_SECONDS)


def make(target: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a ``make`` target to its end, with the PATH and this environment alone."""
    return subprocess.run(
        ["make", "-s", target, *arguments],  # noqa: S607
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def started(folder: Path, **environment: str) -> Iterator[Server]:
    """Run ``make start`` with its pets in a folder; at the end nothing of it is left."""
    port = free_port()
    settings = {"PETSTORE_SQLITE_PATH": str(folder / "pets.db"), **environment}
    log = folder / "server.log"
    with log.open("a") as output:
        process = subprocess.Popen(
            ["make", "start", f"PORT={port}"],  # noqa: S607
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    server = Server(port, process, log)
    try:
        _wait_until_alive(server)
        yield server
    finally:
        if process.poll() is None:
            server.interrupt()


@contextmanager
def running(command: list[str], url: str, log: Path, **environment: str) -> Iterator[None]:
    """Run any server until it answers with 200 at a URL; stop it by its own id at the end."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + _START_SECONDS
        while not _answers(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


@contextmanager
def serving(app: Path, prefix: str = "api", **environment: str) -> Iterator[str]:
    """Run a copy of the app, its prefix in its own host.json; yield the server's URL."""
    port = free_port()
    command = [sys.executable, "-m", "devhost", "--app", str(app), "--port", str(port)]
    origin = f"http://127.0.0.1:{port}"
    with running(command, f"{origin}/{prefix}/health", app / "server.log", **environment):
        yield origin


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10):  # noqa: S310
            return True
    except OSError:
        return False


def members_of_group(process: subprocess.Popen[str]) -> bool:
    """Return whether any process of the group is still there."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_until_alive(server: Server) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        try:
            server.call("GET", "/health")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(server.log.read_text())
