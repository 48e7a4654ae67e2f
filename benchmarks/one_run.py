"""One fresh process: load an app, ask it, print the figures as JSON.

Usage: python -m benchmarks.one_run APP TARGET REQUESTS GAP [split]

GAP is how many milliseconds pass between indexing and the first request; on the real host 750 to
950. With ``split`` the packages of the way to the store are imported, and timed, before the app.
"""

import asyncio
import importlib
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable

from benchmarks.apps import APPS, BY_IDENTITY, ROOT, App
from benchmarks.memory import peak

type Ask = Callable[[str], Awaitable[int]]


def _milliseconds_since(begin: float) -> float:
    return (time.perf_counter() - begin) * 1e3


async def _measure(
    app: App, target: str, requests: int, gap: float, *, split: bool
) -> dict[str, float]:
    begin = time.perf_counter()
    load = _functions_app if app.folder else _fastapi_app
    worker = _milliseconds_since(begin) if not app.folder else _import_worker()
    packages = time.perf_counter()
    for name in app.packages.split() if split else ():
        importlib.import_module(name)
    imported = _milliseconds_since(packages)
    indexing = time.perf_counter()
    ask = await load(app)
    indexed = _milliseconds_since(indexing)
    await asyncio.sleep(gap / 1e3)
    first = time.perf_counter()
    if (status := await ask(target)) != 200:  # noqa: PLR2004 - HTTP's
        raise RuntimeError(f"{target} answered {status}")
    answered = _milliseconds_since(first)
    for _ in range(requests - 1):
        await ask(target)
    memory = peak(resource.getrusage(resource.RUSAGE_SELF))
    return {
        "worker": worker,
        "packages": imported,
        "indexing": indexed,
        "first": answered,
        "memory": memory,
    }


def _import_worker() -> float:
    begin = time.perf_counter()
    import azure.functions  # noqa: F401
    import azure_functions_runtime  # noqa: F401

    return _milliseconds_since(begin)


async def _functions_app(app: App) -> Ask:
    from devhost import app_settings, records
    from devhost.host import Host
    from devhost.http.requests import Request
    from devhost.worker.runtime import Worker

    folder = app.folder or ROOT
    records.set_up()
    app_settings.apply({}, folder, "localhost")
    host = Host(await Worker.load(folder))

    async def ask(target: str) -> int:
        response, _ = await host.handle(Request("GET", target))
        return response.status

    return ask


async def _fastapi_app(_: App) -> Ask:
    import uvicorn  # noqa: F401 - the server is part of its start

    from benchmarks.asgi import asker
    from benchmarks.peer import app

    return asker(app)


def main() -> None:
    """Measure and print."""
    name, target, requests, gap, *split = sys.argv[1:]
    app = (APPS | BY_IDENTITY)[name]
    figures = _measure(app, target, int(requests), float(gap), split=bool(split))
    print(json.dumps(asyncio.run(figures)))


main()
