"""Serves an app: on which address, with what options, and what is printed about it."""

import argparse
import asyncio
import errno
import socket
import sys
from contextlib import closing

from devhost import app_settings, arguments, log, server
from devhost.generation import Site
from devhost.http.loopback import is_loopback
from devhost.live_app import LiveApp
from devhost.readiness import Readiness
from devhost.style import Style
from devhost.worker import debugger
from devhost.worker.spawning import WorkerOptions

_EXPOSED = (
    "devhost: WARNING: {name} can be reached from other machines. This host checks no keys:"
    " whoever reaches it can call every function."
)


def serve(options: argparse.Namespace, style: Style) -> int:
    """Serve an app until a signal comes; return the exit code.

    Args:
        options: those of the command line.
        style: how the app's process prints.

    Raises:
        DebuggerError: no debugger can be waited for.

    Raises as ``loading.load`` does, too.
    """
    if options.debug is not None:
        _check_debugger(options.debug)
    name, port = options.host, _port(options)
    try:
        listener = server.bind(name, port)
    except OSError as error:
        print(f"devhost: cannot listen on {name}:{port}: {error}", file=sys.stderr)
        if error.errno == errno.EADDRINUSE:
            print("Choose another port: --port N, or make start PORT=N.", file=sys.stderr)
        return 1
    with closing(listener):
        address = server.address_of(listener)
        if not is_loopback(listener.getsockname()[0]):
            log.print_note(_EXPOSED.format(name=name), to_stderr=True)
        if not asyncio.run(_run(options, style, address, listener)):
            log.print_event("Stopped. Calls that were still running were ended.")
    return 0


def _check_debugger(port: int) -> None:
    debugger.check_installed()
    try:
        server.bind(debugger.HOST, port).close()
    except OSError as error:
        reason = f"cannot wait for a debugger on {debugger.HOST}:{port}: {error}"
        raise debugger.DebuggerError(f"{reason}\nChoose another port: --debug N.") from None


def _port(options: argparse.Namespace) -> int:
    if options.port is not None:
        return int(options.port)
    port = app_settings.read_local(options.app).port
    return arguments.PORT if port is None else port


async def _run(
    options: argparse.Namespace, style: Style, address: str, listener: socket.socket
) -> bool:
    is_watched = options.reload and options.debug is None
    worker = WorkerOptions(style, options.debug)
    page = options.page.strip("/")
    readiness = Readiness(options.ready)
    app = LiveApp(Site(options.app, address, page), worker, readiness, is_watched=is_watched)
    await app.load()

    def on_start() -> None:
        prefix = app.current.app.host.routes.prefix
        log.print_note(f"Listening on http://{address}/{prefix}", is_important=True)
        if page:
            log.print_note(f"Open http://{address}/{page} in a browser.", is_important=True)
        # Last, so that nothing hides it.
        readiness.print_problem()

    return await server.serve(app, listener, on_start)
