"""One fresh process: load an app, ask it, print the figures as JSON.

Usage: python -m benchmarks.one_run FOLDER TARGET REQUESTS
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.memory import peak
from devhost import app_settings, log
from devhost.host import Host
from devhost.http.requests import Request
from devhost.worker.runtime import Worker


async def _measure(folder: Path, target: str, requests: int) -> dict[str, float]:
    begin = time.perf_counter()
    worker = await Worker.load(folder)
    indexed = time.perf_counter()
    host = Host(worker)
    response, _ = await host.handle(Request("GET", target))
    first = time.perf_counter()
    if response.status != 200:  # noqa: PLR2004 - HTTP's
        raise RuntimeError(f"{target} answered {response.status}")
    for _ in range(requests - 1):
        await host.handle(Request("GET", target))
    memory = peak(resource.getrusage(resource.RUSAGE_SELF))
    return {
        "indexing": (indexed - begin) * 1e3,
        "first": (first - indexed) * 1e3,
        "memory": memory,
    }


def main() -> None:
    """Measure and print."""
    folder, target, requests = Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3])
    log.set_up()
    app_settings.apply({}, folder, "localhost")
    print(json.dumps(asyncio.run(_measure(folder, target, requests))))


main()
