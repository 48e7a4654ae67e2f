"""The command line."""

import argparse
import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from devhost import __version__, app_settings, arguments, faults, host_json, log, server
from devhost.azurite import emulator as azurite
from devhost.host import Host
from devhost.http.loopback import is_loopback
from devhost.loose_json import SettingsError
from devhost.queues import settings as queue_settings
from devhost.queues.service import IN_PROCESS
from devhost.sources import place_of
from devhost.triggers.background import Background
from devhost.triggers.bindings import STORAGE, kind_of
from devhost.worker.functions import LoadError, StartError, is_disabled
from devhost.worker.runtime import Worker, find_app

_NO_FUNCTIONS = (
    "no function was found. Functions are those that decorators register on a FunctionApp"
    " at the top level of function_app.py."
)
_LEGAL = (
    'a function\'s name is a letter, then up to 127 letters, digits, "_" and "-", and not "host"'
)

_PORT = 7071
_PORT_HELP = f"the port; 0 for any free one (Host.LocalHttpPort of local.settings.json, or {_PORT})"


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return the exit code."""
    options = _parser().parse_args(arguments)
    folder = options.app
    log.survive_closed_output()
    log.set_up()
    # Until the server listens, SIGTERM ends the process as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _storage(options.azurite):
            return _command(options, folder)
    except KeyboardInterrupt:
        return 0 if options.run is None else 1
    except (SettingsError, azurite.AzuriteError) as error:
        print(f"devhost: {error}", file=sys.stderr)
    except StartError as error:
        print(faults.describe_start_error(error, folder), file=sys.stderr)
    except LoadError as error:
        print(faults.describe_load_error(error, folder), file=sys.stderr)
    return 1


@contextmanager
def _storage(data: Path | None) -> Iterator[None]:
    """Run Azurite for the app, where the command asks for it."""
    if data is None:
        yield
        return
    with azurite.running_azurite(data.resolve()) as connection_string:
        os.environ[STORAGE] = connection_string
        print(f"Azurite keeps the queues; data in {data}.", flush=True)
        yield


def _command(options: argparse.Namespace, folder: Path) -> int:
    if options.check:
        return _check(folder)
    if options.run is not None:
        _apply_settings(folder, "localhost")
        return asyncio.run(_run_once(folder, options.run, options.input))
    port = options.port
    if port is None:
        port = app_settings.read_local(folder).port
    return _serve(folder, options.host, _PORT if port is None else port, options.page)


def _check(folder: Path) -> int:
    _apply_settings(folder, "localhost")
    worker, host = asyncio.run(_load(folder, "localhost"))
    if _print_faults(host, folder) or worker.left_out:
        return 1
    if not host.worker.functions:
        print(f"devhost: {folder / 'function_app.py'}: {_NO_FUNCTIONS}", file=sys.stderr)
        return 1
    print(f"OK: {len(host.worker.functions)} functions")
    return 0


_EXPOSED = (
    "devhost: WARNING: {name} can be reached from other machines. This host checks no keys:"
    " whoever reaches it can call every function."
)


def _serve(folder: Path, name: str, port: int, page: str) -> int:
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
            print(_EXPOSED.format(name=name), file=sys.stderr, flush=True)
        _apply_settings(folder, address)
        if not asyncio.run(_run(folder, address, listener, page)):
            print("Stopped. Calls that were still running were ended.", flush=True)
            # Not sys.exit: that waits for the threads of blocking handlers.
            os._exit(0)
    return 0


async def _run(folder: Path, address: str, listener: socket.socket, page: str) -> bool:
    _, host = await _load(folder, address)
    _print_faults(host, folder)
    _print_functions(host)
    started = f"Listening on http://{address}/{host.routes.prefix}"
    if page:
        started += f"\nOpen http://{address}/{page.lstrip('/')} in a browser."
    return await server.serve(host, listener, lambda: print(started, flush=True))


async def _run_once(folder: Path, name: str, text: str) -> int:
    _, host = await _load(folder, "localhost")
    _print_faults(host, folder)
    background = host.background
    found = {function.name: function for function in background.by_hand()}
    if name not in found:
        there = ", ".join(found) or "none"
        print(f"devhost: no background function {name!r} can be run: {there}.", file=sys.stderr)
        return 1
    try:
        succeeded = await background.run(found[name], text)
        await background.drain()
    finally:
        await background.close()
    return 0 if succeeded else 1


async def _load(folder: Path, address: str) -> tuple[Worker, Host]:
    find_app(folder)
    found = host_json.read(folder)
    settings = queue_settings.read(found.section("extensions", "queues"))
    worker = await Worker.load(folder)
    for name in worker.left_out:
        print(
            f"{place_of(folder, name)}: {name!a} is left out: {_LEGAL}. Rename it.", file=sys.stderr
        )
    unsupported = [*found.not_done, *app_settings.read_local(folder).not_done]
    _print_names("Set, but not supported by this host", unsupported)
    return worker, Host(worker, found, address, Background(worker, settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="devhost", description="Run an Azure Functions app on this machine."
    )
    add = parser.add_argument
    add("--version", action="version", version=__version__)
    add("--app", type=arguments.folder, default=".", metavar="DIR", help="the app's folder (.)")
    add("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    add("--port", type=arguments.port, help=_PORT_HELP)
    add("--check", action="store_true", help="only load the app; exit with 1 on a fault")
    add("--run", metavar="NAME", help="run this background function once, and end")
    add("--input", default="", metavar="TEXT", help="with --run: the message of a queue function")
    add("--page", default="", metavar="PATH", help="a page of the app, named at the start")
    add("--azurite", type=Path, metavar="DIR", help="run Azurite for queues; DIR keeps its data")
    return parser


def _apply_settings(folder: Path, address: str) -> None:
    values = app_settings.read_values(folder)
    if not (folder / "local.settings.json").exists():
        print("No local.settings.json: settings come from the environment alone.")
    for name in app_settings.apply(values, folder, address):
        print(f"Skipping {name} of local.settings.json: the environment has it already.")
    for name in app_settings.find_dead_switches():
        print(f"{name} has no effect: the real host knows it with one underscore, or with dots.")
    if not app_settings.is_given(STORAGE):
        os.environ[STORAGE] = IN_PROCESS
        print(f"{STORAGE} is not set: queues are kept in this process, and end with it.")


def _print_faults(host: Host, folder: Path) -> bool:
    found = faults.of_routes(host.routes, folder)
    found += faults.of_bindings(host.background.faults, folder)
    for fault in found:
        print(fault, file=sys.stderr)
    return bool(found)


def _print_functions(host: Host) -> None:
    prefix = f"/{host.routes.prefix}/" if host.routes.prefix else "/"
    _print_rows(
        [
            (
                ",".join(sorted(route.methods)) or "*",
                prefix + route.template.lstrip("/"),
                route.function,
            )
            for route in host.routes.routes
        ]
    )
    background = host.background
    rows = [("timer", timer.text, timer.function.name) for timer in background.timers]
    rows += [("queue", one.queue.name, one.function.name) for one in background.listeners]
    _print_rows([row for row in rows if not is_disabled(row[2])])
    functions = host.worker.functions
    _print_names("Disabled by a setting", [f.name for f in functions if is_disabled(f.name)])
    others = [f.name for f in functions if kind_of(f) not in {"http", "timer", "queue"}]
    _print_names("Not run by this host", others)


def _print_rows(rows: list[tuple[str, str, str]]) -> None:
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for first, second, name in rows:
        print(f"  {first:<{widths[0]}}  {second:<{widths[1]}}  {name}")


def _print_names(heading: str, names: list[str]) -> None:
    if names:
        print(f"{heading}: {', '.join(names)}.")
