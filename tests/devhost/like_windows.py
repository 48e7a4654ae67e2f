"""Runs the dev host without what Windows lacks: ``like_windows.py --all-modules``, or its arguments.

What Python itself imports on this system is imported first; what the dev host asks for is missing.
Left is what Python needs here to start a process, which it does otherwise on Windows.
"""

import asyncio
import importlib
import os
import pkgutil
import signal
import socket
import sys
import time
from typing import NoReturn

import aiohttp.web  # noqa: F401 - the same for its own needs

_MODULES = ("crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty")
# https://docs.python.org/3/library/os.html: "Availability: Unix"
_NAMES = {
    os: (
        *("fork", "forkpty", "getuid", "geteuid", "getgid", "getpgid", "getpgrp", "killpg"),
        *("setsid", "setpgid", "WNOHANG", "wait", "sched_getaffinity", "uname"),
    ),
    signal: ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE", "alarm", "setitimer"),
    socket: ("SO_REUSEPORT", "send_fds", "recv_fds"),
    time: ("tzset",),
}


def _refuse(*_: object) -> NoReturn:
    raise NotImplementedError


def _remove_all() -> None:
    for name in _MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    for module, names in _NAMES.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in ("add_signal_handler", "remove_signal_handler"):
        setattr(asyncio.SelectorEventLoop, name, _refuse)


def _import_all() -> None:
    import devhost

    for found in pkgutil.walk_packages(devhost.__path__, "devhost."):
        if not found.name.endswith("__main__"):
            print(importlib.import_module(found.name).__name__)  # noqa: T201


if __name__ == "__main__":
    _remove_all()
    if sys.argv[1:] == ["--all-modules"]:
        _import_all()
        sys.exit()
    from devhost.cli import main

    sys.exit(main())
