"""Azurite as a child process; package.json is next to this file.

Node.js is needed; the packages are installed once.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devhost import children, npm
from devhost.queues.development import connection_string

_HERE = Path(__file__).parent
_START_TIMEOUT = 30.0  # seconds
_STOP_TIMEOUT = 10.0  # seconds


class AzuriteError(Exception):
    """Azurite cannot run; the message says why."""


@contextmanager
def running_azurite(data: Path, port: int = 0) -> Iterator[str]:
    """Run Azurite's queue service and give a connection string for it.

    It ends with the ``with`` block, or with this process, and keeps its data.

    Args:
        data: the folder for its data and its log; made when absent. One Azurite at a time.
        port: where it listens on 127.0.0.1; 0 for any free port.

    Raises:
        AzuriteError: it cannot run.
    """
    arguments = ["--queueHost", "127.0.0.1", "--queuePort", str(port)]
    with running("queue/main", data, arguments) as process:
        yield connection_string(_started_port(process, data))


@contextmanager
def running(program: str, data: Path, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of Azurite's programs; it ends with the ``with`` block.

    Args:
        program: its name below ``azurite/dist/src``.
        data: the folder for its data and its log.
        arguments: more arguments for it.

    Raises:
        AzuriteError: it cannot run.
    """
    try:
        npm.install(_HERE, "Azurite")
        node = npm.program("node")
    except npm.NpmError as error:
        raise AzuriteError(str(error)) from None
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AzuriteError(f"{data} cannot be its folder: {error}") from None
    command = [
        *(node, str(_HERE / "serve.js"), program, "--location", str(data.resolve())),
        *(*arguments, "--silent", "--disableTelemetry", "--skipApiVersionCheck"),
    ]
    # Accounts of the user's own would take the place of the usual one.
    environment = {name: value for name, value in os.environ.items() if name != "AZURITE_ACCOUNTS"}
    with _hold_lock(data) as lock, _log(data).open("wb") as log:
        # A group of its own, so that Ctrl-C does not end it before us; it ends when stdin does.
        process = subprocess.Popen(  # noqa: S603 - node, with this folder's own program
            command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log,
            start_new_session=True, pass_fds=[lock],
        )  # fmt: skip
        try:
            yield process
        finally:
            children.stop(process, _STOP_TIMEOUT)


@contextmanager
def _hold_lock(data: Path) -> Iterator[int]:
    """Take a folder; the child shares the lock, so that it holds as long as either lives."""
    import fcntl  # noqa: PLC0415 - Windows has none

    with (data / "azurite.lock").open("w") as lock:
        # The Azurite of a devhost that was killed may still be writing.
        deadline = time.monotonic() + _STOP_TIMEOUT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise AzuriteError(f"another Azurite uses {data}") from None
                time.sleep(0.1)
        yield lock.fileno()


def _started_port(process: subprocess.Popen[bytes], data: Path) -> int:
    line = wait_for_line(process, data, "Queue service successfully listens")
    return int(line.rpartition(":")[2])


def wait_for_line(process: subprocess.Popen[bytes], data: Path, wanted: str) -> str:
    """Wait for a line of Azurite's log and return it."""
    deadline = time.monotonic() + _START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        found = re.search(f".*{re.escape(wanted)}.*\n", _log_text(data))
        if found:
            return found[0].strip()
        time.sleep(0.02)
    raise AzuriteError(f"it did not start: {_log_text(data)[-500:].strip() or 'it said nothing'}")


def _log_text(data: Path) -> str:
    return _log(data).read_text("utf-8", "replace")


def _log(data: Path) -> Path:
    return data / "azurite.log"
