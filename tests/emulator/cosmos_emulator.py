"""Runs the Cosmos DB emulator of this folder (package.json) for a test run.

``with running_emulator() as endpoint:`` is all that a fixture needs; ``missing_tools`` says why it
cannot run on this machine.
"""

import fcntl
import hashlib
import selectors
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The emulator takes any key that is Base64 text.
EMULATOR_KEY = "ZW11bGF0b3I="

_HERE = Path(__file__).parent
_MODULES = _HERE / "node_modules"
_INSTALL_TIMEOUT = 300  # seconds; the first run on a machine downloads some 10 MB
_START_TIMEOUT = 30  # seconds


def missing_tools() -> str | None:
    """Say which program is missing to run the emulator; None when it can run."""
    absent = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"Node.js is missing here ({' and '.join(absent)} not found)" if absent else None


@contextmanager
def running_emulator() -> Iterator[str]:
    """Run an emulator of our own and give its endpoint; its data ends with it."""
    _install()
    with subprocess.Popen(
        [_program("node"), _HERE / "server.js", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield f"http://127.0.0.1:{_port(process)}"
        finally:
            process.kill()


def _install() -> None:
    """Install what the lock file names, once, whichever test run comes first."""
    wanted = hashlib.sha256((_HERE / "package-lock.json").read_bytes()).hexdigest()
    done = _MODULES / ".installed"
    with (_HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.is_file() and done.read_text() == wanted:
            return
        subprocess.run(
            [_program("npm"), "ci", "--ignore-scripts"],
            cwd=_HERE,
            check=True,
            timeout=_INSTALL_TIMEOUT,
        )
        done.write_text(wanted)


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


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise FileNotFoundError(name)
    return path
