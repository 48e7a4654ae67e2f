"""The command line."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devhost import (
    __version__,
    arguments,
    closed_output,
    faults,
    log,
    records,
    redis,
)
from devhost.azurite import emulator as azurite
from devhost.loading import LoadedApp, load
from devhost.loose_json import SettingsError
from devhost.report import Report
from devhost.style import Style
from devhost.triggers.bindings import STORAGE
from devhost.worker import debugger
from devhost.worker.functions import LoadError, StartError

_DEBUG_PORT = 5678  # as debugpy's own documentation has it
_NO_FUNCTIONS = (
    "no function was found. Functions are those that decorators register on a FunctionApp"
    " at the top level of function_app.py."
)

_PORT_HELP = (
    f"the port; 0 for any free one (Host.LocalHttpPort of local.settings.json, or {arguments.PORT})"
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return the exit code."""
    options = _parser().parse_args(arguments)
    folder = options.app
    closed_output.survive_closed_output()
    records.set_up(_style(options))
    # Until the server listens, SIGTERM ends the process as Ctrl-C does. SIGINT too: a shell that
    # starts this in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with _storage(options.azurite), _redis(wanted=options.redis):
            return _command(options, folder)
    except KeyboardInterrupt:
        return 0 if options.run is None else 1
    except (SettingsError, azurite.AzuriteError, debugger.DebuggerError, redis.RedisError) as error:
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
        log.print_note(f"Azurite keeps the queues; data in {data}.")
        yield


@contextmanager
def _redis(*, wanted: bool) -> Iterator[None]:
    """Run a Redis server for the app, where the command asks for it."""
    if not wanted:
        yield
        return
    with redis.running_redis() as (port, _):
        os.environ[redis.URL] = f"redis://127.0.0.1:{port}"
        log.print_note(
            f"Redis listens on 127.0.0.1:{port} and keeps nothing; {redis.URL} leads to it."
        )
        yield


def _command(options: argparse.Namespace, folder: Path) -> int:
    if options.check:
        return _check(folder)
    if options.run is not None:
        return asyncio.run(_run_once(folder, options.run, options.input))
    # Late: aiohttp, which serves, takes longer to import than all else.
    from devhost.serving import serve  # noqa: PLC0415

    return serve(options, _style(options))


def _check(folder: Path) -> int:
    app = asyncio.run(_load(folder))
    if app.faults:
        return 1
    if not app.host.worker.functions:
        print(f"devhost: {folder / 'function_app.py'}: {_NO_FUNCTIONS}", file=sys.stderr)
        return 1
    print(f"OK: {len(app.host.worker.functions)} functions")
    return 0


def _style(options: argparse.Namespace) -> Style:
    return Style(options.quiet, options.verbose, options.json_log, tuple(options.mute))


async def _run_once(folder: Path, name: str, text: str) -> int:
    background = (await _load(folder)).host.background
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


async def _load(folder: Path) -> LoadedApp:
    """Load an app in this process, which makes no more than a few calls."""
    # Late: importing the runtime takes a tenth of a second.
    from devhost.worker.runtime import Worker  # noqa: PLC0415

    app = await load(folder, "localhost", lambda folder, _: Worker.load(folder))
    Report().print_notes(app)
    return app


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
    add(
        "--debug", type=arguments.port, nargs="?", const=_DEBUG_PORT, metavar="PORT",
        help=f"wait for a debugger on this port of this machine ({_DEBUG_PORT}); no reload",
    )  # fmt: skip
    add("--no-reload", action="store_false", dest="reload", help="do not watch the app's files")
    more_or_less = parser.add_mutually_exclusive_group()
    more_or_less.add_argument("--quiet", action="store_true", help="print only what goes wrong")
    more_or_less.add_argument(
        "--verbose", action="store_true", help="print debug records, each tick, all of a traceback"
    )
    add("--json-log", action="store_true", help="print a JSON object for each line")
    add(
        "--mute", action="append", default=[], metavar="LOGGER",
        help="print only warnings of this logger of the app (with --verbose, all)",
    )  # fmt: skip
    add("--page", default="", metavar="PATH", help="a page of the app: / leads there")
    add("--ready", default="", metavar="PATH", help="where the app says if it is ready")
    add("--azurite", type=Path, metavar="DIR", help="run Azurite for queues; DIR keeps its data")
    add("--redis", action="store_true", help=f"run a Redis server, which {redis.URL} leads to")
    return parser
