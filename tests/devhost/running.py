"""Runs the dev host as a user does: a process of its own, on a free port."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.tree import ROOT

_PATIENCE = 30  # seconds


@dataclass(frozen=True)
class Running:
    """A dev host that listens.

    Attributes:
        process: its process; standard output and standard error come in one stream.
        port: where it listens on 127.0.0.1.
        printed: what it printed until then.
    """

    process: subprocess.Popen[str]
    port: int
    printed: str

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def exchange(self, request: bytes) -> bytes:
        """Send bytes; return what comes back until the host closes the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return rest_of(connection)

    def get(self, path: str) -> bytes:
        """Return the answer to a GET, on a connection of its own."""
        return self.exchange(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )

    def read_until(self, text: str) -> str:
        """Return what is printed next, up to the line that holds a text."""
        return read_until(self.process, text)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """Send a signal; return what it printed since. Its exit code must be 0."""
        self.process.send_signal(number)
        # Not communicate(), which passes over what readline() has read ahead.
        assert self.process.stdout is not None
        rest = self.process.stdout.read()
        self.process.wait(20)
        assert self.process.returncode == 0, rest
        return rest


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Return what a process prints next, up to the line that holds a text."""
    assert process.stdout is not None
    # Rather than wait for ever, for a line that does not come.
    deadline = threading.Timer(_PATIENCE, process.kill)
    deadline.start()
    try:
        printed = ""
        for line in process.stdout:
            printed += line
            if text in line:
                return printed
    finally:
        deadline.cancel()
    raise AssertionError(printed)


@contextmanager
def starting(
    app: Path, *arguments: str, group: bool = False, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Start the app of a folder, in a process group of its own or ours; kill it at the end."""
    options = ["--app", str(app), "--port", "0", *arguments]
    command = [sys.executable, "-m", "devhost", *options]
    with spawning(command, ROOT, {**os.environ, **variables}, group=group) as process:
        yield process


@contextmanager
def spawning(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    *,
    group: bool = False,
) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a folder; kill it at the end. What it prints comes in one stream."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0 if group else None,
    )
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def listening(process: subprocess.Popen[str]) -> Running:
    """Wait until a process listens."""
    printed = read_until(process, "Listening on")
    port = re.search(r"Listening on http://[0-9.]+:(\d+)/", printed)
    assert port is not None, printed
    return Running(process, int(port[1]), printed)


@contextmanager
def running(app: Path, *arguments: str, group: bool = False, **variables: str) -> Iterator[Running]:
    """Run the app of a folder, as ``starting`` does, once it listens."""
    with starting(app, *arguments, group=group, **variables) as process:
        yield listening(process)


def check(app: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the dev host on a folder's app to its end, ``--check`` by default."""
    return subprocess.run(
        [sys.executable, "-m", "devhost", "--app", app, *(arguments or ("--check",))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def wait_for(file: Path) -> None:
    """Wait until a file is there."""
    end = time.monotonic() + _PATIENCE
    while not file.exists():
        assert time.monotonic() < end, f"no {file}"
        time.sleep(0.01)


def rest_of(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))
