"""``python -m benchmarks``: prints the table."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_BARE = _ROOT / "benchmarks" / "bare"
_RUNS = 15
_CALLS = 200  # a round
_REQUESTS = 100  # before the memory is read

Figures = list[float]


def _fresh(folder: Path, target: str, database: Path) -> dict[str, float]:
    """Measure a process of its own."""
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "benchmarks.one_run", folder, target, str(_REQUESTS)],
        cwd=_ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(_ROOT),
            "PETSTORE_SQLITE_PATH": str(database),
            "PYTHONDONTWRITEBYTECODE": "",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    figures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return figures


def _cold(database: Path) -> None:
    bare, app = [], []
    for _ in range(_RUNS + 1):
        bare.append(_fresh(_BARE, "/api/hello", database))
        app.append(_fresh(_ROOT, "/api/pets", database))
    # The first of each also compiled the modules.
    for name, what, unit in [
        ("indexing", "indexing (worker_init)", "ms"),
        ("first", "first request, needs the store", "ms"),
        ("memory", "peak memory after 100 requests", "MiB"),
    ]:
        _print(what, unit, [run[name] for run in app[1:]], [run[name] for run in bare[1:]])


async def _warm() -> None:
    # Imported here: each process of its own above starts without.
    from benchmarks.calls import calls_of_app  # noqa: PLC0415

    bare, calls = await calls_of_app(_ROOT)
    for name, call in calls.items():
        app_times, bare_times = [], []
        for _ in range(_RUNS):
            bare_times.append(await _round(bare))
            app_times.append(await _round(call))
        _print(f"{name}, warm", "us", app_times, bare_times)


async def _round(call: Callable[[], Awaitable[object]]) -> float:
    """Give microseconds a call."""
    begin = time.perf_counter()
    for _ in range(_CALLS):
        await call()
    return (time.perf_counter() - begin) / _CALLS * 1e6


def _print(what: str, unit: str, app: Figures, bare: Figures) -> None:
    ratio = statistics.median(app) / statistics.median(bare)
    print(
        f"{what:<34} {min(app):8.1f} /{statistics.median(app):8.1f} {unit:<4}"
        f" bare {min(bare):7.1f} /{statistics.median(bare):7.1f}   {ratio:5.2f} x",
        flush=True,
    )


def main() -> None:
    """Measure everything; about a minute."""
    print(f"min / median of {_RUNS} runs, and the ratio of the medians")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "pets.db"
        os.environ["PETSTORE_SQLITE_PATH"] = str(database)
        _cold(database)
        asyncio.run(_warm())


main()
