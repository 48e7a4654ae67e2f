"""Azurite, Microsoft's storage emulator, as a child process (package.json is in ``azurite/``).

``with running_azurite(folder) as connection_string:`` runs its queues alone, on a free port.
``python -m devhost.azurite [DIR]`` runs blobs, queues and tables on their usual ports until
Ctrl-C. Node.js is needed; the packages are installed once.
"""

import argparse
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from devhost import npm

# The account that everybody's Azurite has; its key is public.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

_HERE = Path(__file__).parents[1] / "azurite"
_START_TIMEOUT = 30.0  # seconds
_STOP_TIMEOUT = 10.0  # seconds
_PORTS = {"blob": 10000, "queue": 10001, "table": 10002}


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
    with _child("queue/main", data, arguments) as process:
        yield connection_string(_started_port(process, data))


def connection_string(queue_port: int) -> str:
    """Give the connection string for the queues of an Azurite on this machine."""
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
        f"QueueEndpoint=http://127.0.0.1:{queue_port}/{ACCOUNT};"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all of Azurite until Ctrl-C or SIGTERM; give the exit code."""
    options = _parser().parse_args(arguments)
    # SIGINT too: a shell that starts it in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    ports = {service: getattr(options, f"{service}_port") for service in _PORTS}
    try:
        with _child("azurite", options.data, _places(ports)) as process:
            _wait_for_line(process, options.data, "Table service is successfully listening")
            _print_ports(ports, options.data)
            return process.wait()
    except KeyboardInterrupt:
        return 0
    except AzuriteError as error:
        print(f"devhost.azurite: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devhost.azurite", description="Run Azurite until Ctrl-C."
    )
    parser.add_argument(
        "data", nargs="?", type=Path, default=Path(".data/azurite"), metavar="DIR",
        help="the folder for its data (.data/azurite)",
    )  # fmt: skip
    for service, port in _PORTS.items():
        parser.add_argument(f"--{service}-port", type=int, default=port, help=f"({port})")
    return parser


def _places(ports: dict[str, int]) -> list[str]:
    return [
        argument
        for service, port in ports.items()
        for argument in (f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port))
    ]


def _print_ports(ports: dict[str, int], data: Path) -> None:
    listening = ", ".join(f"{service} 127.0.0.1:{port}" for service, port in ports.items())
    print(f"Azurite: {listening}; data in {data}.", flush=True)
    if ports == _PORTS:
        print("AzureWebJobsStorage=UseDevelopmentStorage=true leads here.", flush=True)


@contextmanager
def _child(program: str, data: Path, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
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
    with _locked(data) as lock, _log(data).open("wb") as log:
        # A group of its own, so that Ctrl-C does not end it before us; it ends when stdin does.
        process = subprocess.Popen(  # noqa: S603 - node, with this folder's own program
            command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log,
            start_new_session=True, pass_fds=[lock],
        )  # fmt: skip
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    try:
        process.communicate(timeout=_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


@contextmanager
def _locked(data: Path) -> Iterator[int]:
    """Take a folder; the child shares the lock, so that it holds as long as either lives."""
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
    line = _wait_for_line(process, data, "Queue service successfully listens")
    return int(line.rpartition(":")[2])


def _wait_for_line(process: subprocess.Popen[bytes], data: Path, wanted: str) -> str:
    """Wait until Azurite says it in its log; give the line."""
    deadline = time.monotonic() + _START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        found = re.search(f".*{re.escape(wanted)}.*\n", _said(data))
        if found:
            return found[0].strip()
        time.sleep(0.02)
    raise AzuriteError(f"it did not start: {_said(data)[-500:].strip() or 'it said nothing'}")


def _said(data: Path) -> str:
    return _log(data).read_text("utf-8", "replace")


def _log(data: Path) -> Path:
    return data / "azurite.log"


if __name__ == "__main__":
    sys.exit(main())
