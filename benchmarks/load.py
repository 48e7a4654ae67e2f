"""Latency against concurrency: a get of one pet on SQLite, over HTTP on 127.0.0.1.

The client and the server share the cores: this app under the dev host, a function that says hello
under the dev host, or FastAPI under uvicorn.
"""

import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from benchmarks.apps import APPS, ROOT

_LISTENING = re.compile(r"(?:Listening|running) on (http://[\w.:]+\d)")
_SERVERS = {
    "bare": ["-m", "devhost", "--port", "0", "--app", "benchmarks/bare"],
    "SQLite": ["-m", "devhost", "--port", "0"],
    "FastAPI": ["-m", "uvicorn", "benchmarks.peer:app", "--port", "0", "--no-access-log"],
}
LEVELS = (1, 4, 16, 32, 64)
_SECONDS = 1.5

type Curve = dict[str, dict[str, float]]


def curves(settings: dict[str, str], pet_id: str) -> dict[str, Curve]:
    """Return for each server, by level: calls a second, and ms of the median and the 95th call."""
    return {
        name: _curve(command, settings, APPS[name].target.replace("{id}", pet_id))
        for name, command in _SERVERS.items()
    }


def _curve(command: list[str], settings: dict[str, str], target: str) -> Curve:
    with _server(command, settings) as url:
        return {str(level): asyncio.run(_ask(f"{url}{target}", level)) for level in LEVELS}


@contextmanager
def _server(command: list[str], settings: dict[str, str]) -> Iterator[str]:
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _url(process, Path(f"/proc/self/fd/{log.fileno()}"))
        finally:
            process.terminate()
            process.wait()


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    while not (found := _LISTENING.search(log.read_text())):
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError(log.read_text())
    return found[1]


async def _ask(url: str, level: int) -> dict[str, float]:
    times: list[float] = []
    connector = aiohttp.TCPConnector(limit=level)
    async with aiohttp.ClientSession(connector=connector) as session:
        end = time.perf_counter() + _SECONDS

        async def client() -> None:
            while (begin := time.perf_counter()) < end:
                async with session.get(url) as response:
                    await response.read()
                    response.raise_for_status()
                times.append((time.perf_counter() - begin) * 1e3)

        await asyncio.gather(*(client() for _ in range(level)))
    return {
        "calls_per_second": round(len(times) / _SECONDS),
        "median_ms": round(statistics.median(times), 2),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 2),
    }
