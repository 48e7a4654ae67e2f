"""Starts the process that an app runs in."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devhost.levels import Levels
from devhost.style import Style

# With this process's path, so that the app finds what it would find here.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1));"
    "from devhost.worker.child import main; main()"
)
_DEFAULT = Style()


@dataclass(frozen=True)
class WorkerOptions:
    """What a worker is started with.

    Attributes:
        style: how it prints.
        debug_port: where it waits for a debugger before it loads the app; None for none.
    """

    style: Style = _DEFAULT
    debug_port: int | None = None


async def spawn(
    channel: socket.socket, folder: Path, options: WorkerOptions, levels: Levels
) -> asyncio.subprocess.Process:
    """Start a worker for the app of a folder, with its end of a channel."""
    channel.set_inheritable(True)
    port = "" if options.debug_port is None else str(options.debug_port)
    arguments = [json.dumps(sys.path), str(channel.fileno()), str(folder), port]
    arguments += [options.style.dump(), levels.dump()]
    # Options such as -W and -X dev are meant for the app; multiprocessing passes them on likewise.
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined] # noqa: SLF001
    # A debugger cannot see into frozen modules, and says so at length.
    flags += ["-X", "frozen_modules=off"] if port else []
    with _signals_blocked():
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *flags, "-c", _PROGRAM, *arguments), close_fds=False
        )


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Keep Ctrl-C from a process that starts, until it says itself what to do on it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
