"""Runs the Cosmos DB emulator of this folder (package.json) for a test run.

``with running_emulator() as endpoint:`` is all that a fixture needs; ``devhost.npm.missing_tools``
says why it cannot run on this machine.
"""

import selectors
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devhost import npm

# The emulator takes any key that is Base64 text.
EMULATOR_KEY = "ZW11bGF0b3I="

_HERE = Path(__file__).parent
_START_TIMEOUT = 30  # seconds


@contextmanager
def running_emulator() -> Iterator[str]:
    """Run an emulator of our own and give its endpoint; its data ends with it."""
    npm.install(_HERE, "the Cosmos DB emulator")
    with subprocess.Popen(
        [npm.program("node"), _HERE / "server.js", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield f"http://127.0.0.1:{_port(process)}"
        finally:
            process.kill()


def _port(process: subprocess.Popen[str]) -> int:
    if process.stdout is None:
        raise AssertionError
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.select(_START_TIMEOUT)
        line = process.stdout.readline() if selector.get_map() and selector.select(0) else ""
    if not line.startswith("ready "):
        raise RuntimeError(f"the emulator did not start: {line!r}")
    return int(line.split()[1])
