"""A Redis server for this run alone: on a free port of 127.0.0.1, with nothing kept on disk."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from devhost import children

URL = "REDIS_URL"
_PROGRAM = "redis-server"
_START_TIMEOUT = 10.0  # seconds
_STOP_TIMEOUT = 10.0  # seconds
_ATTEMPTS = 5  # at a free port, which another program may take first
_TAKEN = "Address already in use"
# When the shell's standard input ends, with us or before, so do the server and its folder.
_WATCHED = (
    'log=$1; shift; "$@" </dev/null >"$log" 2>&1 & echo $!; cat >/dev/null;'
    ' kill $! 2>/dev/null; kill -CONT $! 2>/dev/null; wait $!; rm -r -- "${log%/*}"'
)


class RedisError(Exception):
    """Redis cannot run; the message says why."""


def missing() -> str:
    """Return what is missing on this machine to run Redis, and how to get it; empty for nothing."""
    if shutil.which(_PROGRAM):
        return ""
    return (
        "redis-server is not on the PATH. Install it: apt-get install redis-server,"
        " or brew install redis"
    )


@contextmanager
def running_redis(*options: str, port: int = 0) -> Iterator[tuple[int, int]]:
    """Run a server; yield its port and its process id. It ends with the block, or with us.

    Args:
        options: further options of redis-server, such as ``--maxmemory`` and ``2mb``.
        port: where it listens; 0 for any free port.

    Raises:
        RedisError: it cannot run.
    """
    if reason := missing():
        raise RedisError(reason)
    for _ in range(_ATTEMPTS):
        chosen = port or _free_port()
        with TemporaryDirectory(prefix="redis-") as folder:
            process = _start(Path(folder), chosen, options)
            try:
                pid = int(process.stdout.readline()) if process.stdout else 0
                problem = _wait(Path(folder), pid, chosen)
                if not problem:
                    yield chosen, pid
                    return
            finally:
                children.stop(process, _STOP_TIMEOUT)
        if port or _TAKEN not in problem:
            break
    raise RedisError(f"{_PROGRAM} did not start: {problem}")


def _start(folder: Path, port: int, options: tuple[str, ...]) -> subprocess.Popen[str]:
    command = [
        *(_PROGRAM, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)),
        *("--save", "", "--appendonly", "no", *options),
    ]
    # A group of its own, so that Ctrl-C does not end it before us.
    return subprocess.Popen(  # noqa: S603 - a fixed program
        ["/bin/sh", "-c", _WATCHED, "sh", str(_log(folder)), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # how its server ended, from the shell
        text=True,
        start_new_session=True,
    )


def _wait(folder: Path, pid: int, port: int) -> str:
    """Wait until the server answers; return what it wrote where it does not."""
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and _is_alive(pid):
        # Another program may listen there.
        if "Ready to accept connections" in _written(folder) and _answers(port):
            return ""
        time.sleep(0.01)
    return _written(folder)[-500:].strip() or "it wrote nothing"


def _is_alive(pid: int) -> bool:
    """Return whether a process runs; where there is no /proc, the deadline decides."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    # It stays as a zombie until the shell looks; its name is in brackets.
    return stat.rpartition(")")[2].split()[0] != "Z"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(1) in {b"+", b"-"}  # "-": it wants a password first
    except OSError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found: int = server.getsockname()[1]
        return found


def _written(folder: Path) -> str:
    try:
        return _log(folder).read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _log(folder: Path) -> Path:
    return folder / "redis.log"
