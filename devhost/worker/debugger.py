"""debugpy, the debugger of VS Code and others, in the worker's process."""

import sys
from importlib.util import find_spec

from devhost import log

HOST = "127.0.0.1"  # whoever reaches a debugger can run any code


class DebuggerError(Exception):
    """A debugger cannot be waited for; the message says why."""


def check_installed() -> None:
    """Raise DebuggerError where the environment has no debugpy."""
    if find_spec("debugpy") is None:
        install = f"{sys.executable} -m pip install debugpy"
        raise DebuggerError(f"--debug needs debugpy, which is not installed: {install}")


def wait_for_client(port: int) -> None:
    """Listen on this machine alone until a debugger is attached.

    Args:
        port: where; 0 for any free one.
    """
    import debugpy  # noqa: PLC0415 - a package that only developers have

    _, port = debugpy.listen((HOST, port))
    log.print_event(f"Waiting for a debugger on {HOST}:{port}. In VS Code, press F5.")
    debugpy.wait_for_client()
    log.print_event("A debugger is attached.")
