"""``python -m devhost.azurite [DIR]``: blobs, queues and tables on their usual ports."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from devhost import arguments
from devhost.azurite.emulator import AzuriteError, running, wait_for_line
from devhost.queues.development import QUEUE_PORT

_PORTS = {"blob": 10000, "queue": QUEUE_PORT, "table": 10002}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all of Azurite until Ctrl-C or SIGTERM; return the exit code."""
    options = _parser().parse_args(arguments)
    # SIGINT too: a shell that starts it in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    ports = {service: getattr(options, f"{service}_port") for service in _PORTS}
    try:
        with running("azurite", options.data, _places(ports)) as process:
            wait_for_line(process, options.data, "Table service is successfully listening")
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
        parser.add_argument(
            f"--{service}-port", type=arguments.port, default=port, help=f"({port})"
        )
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


if __name__ == "__main__":
    sys.exit(main())
