"""The command line."""

import argparse
import asyncio
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path

from devhost import app_settings, faults, log, server
from devhost.functions import LoadError, is_disabled
from devhost.host import Host
from devhost.routing import RouteError
from devhost.worker import Worker


def main(arguments: list[str] | None = None) -> int:
    """Run the command; give the exit code."""
    options = _parser().parse_args(arguments)
    folder = options.app.resolve()
    log.set_up()
    # Until the server listens, SIGTERM ends the process as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _check(folder) if options.check else _serve(folder, options.host, options.port)
    except KeyboardInterrupt:
        return 0
    except app_settings.SettingsError as error:
        print(f"devhost: {error}", file=sys.stderr)
    except RouteError as error:
        print(faults.route_explained(error, folder), file=sys.stderr)
    except LoadError as error:
        print(faults.explained(error, folder), file=sys.stderr)
    return 1


def _check(folder: Path) -> int:
    _apply_settings(folder, "localhost")
    host = asyncio.run(_load(folder, "localhost"))
    if _print_faults(host, folder):
        return 1
    print(f"OK: {len(host.worker.functions)} functions")
    return 0


def _serve(folder: Path, name: str, port: int) -> int:
    try:
        listener = server.bind(name, port)
    except (OSError, OverflowError) as error:
        print(f"devhost: cannot listen on {name}:{port}: {error}", file=sys.stderr)
        return 1
    with closing(listener):
        address = server.address_of(listener)
        _apply_settings(folder, address)
        asyncio.run(_run(folder, address, listener))
    return 0


async def _run(folder: Path, address: str, listener: socket.socket) -> None:
    host = await _load(folder, address)
    _print_faults(host, folder)
    _print_functions(host)
    started = f"Listening on http://{address}/{host.routes.prefix}"
    await server.serve(host, listener, lambda: print(started, flush=True))


async def _load(folder: Path, address: str) -> Host:
    return Host(await Worker.load(folder), app_settings.route_prefix(folder), address)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devhost", description="Run an Azure Functions app on this machine."
    )
    add = parser.add_argument
    add("--app", type=Path, default=Path(), metavar="DIR", help="the app's folder (.)")
    add("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    add("--port", type=int, default=7071, help="the port (7071; 0 for any free one)")
    add("--check", action="store_true", help="only load the app; exit with 1 on a fault")
    return parser


def _apply_settings(folder: Path, address: str) -> None:
    values = app_settings.read_values(folder)
    if not (folder / "local.settings.json").exists():
        print("No local.settings.json: settings come from the environment alone.")
    for name in app_settings.apply(values, folder, address):
        print(f"Skipping {name} of local.settings.json: the environment has it already.")


def _print_faults(host: Host, folder: Path) -> bool:
    found = faults.of_routes(host.routes, folder)
    for fault in found:
        print(fault, file=sys.stderr)
    return bool(found)


def _print_functions(host: Host) -> None:
    prefix = f"/{host.routes.prefix}/" if host.routes.prefix else "/"
    rows = [
        (",".join(sorted(route.methods)) or "*", prefix + route.template, route.function)
        for route in host.routes.routes
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for methods, path, function in rows:
        print(f"  {methods:<{widths[0]}}  {path:<{widths[1]}}  {function}")
    functions = host.worker.functions
    _print_names("Disabled by a setting", [f.name for f in functions if is_disabled(f.name)])
    _print_names("Not run by this host yet", [f.name for f in functions if not f.is_http])


def _print_names(heading: str, names: list[str]) -> None:
    if names:
        print(f"{heading}: {', '.join(names)}.")
