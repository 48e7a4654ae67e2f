"""``python -m benchmarks``: prints the table."""

import asyncio
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_BARE = _ROOT / "benchmarks" / "bare"
_RUNS = 15
_CALLS = 200  # a round
_BATCH = 100  # events
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
            # With its background functions, as in Azure.
            "AzureWebJobsStorage": "devhost",
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
    from benchmarks.calls import calls_of_app

    bare, calls = await calls_of_app(_ROOT)
    for name, call in calls.items():
        app_times, bare_times = [], []
        for _ in range(_RUNS):
            bare_times.append(await _round(bare))
            app_times.append(await _round(call))
        _print(f"{name}, warm", "us", app_times, bare_times)
    await _after_the_answer(calls)


async def _after_the_answer(calls: Mapping[str, Callable[[], Awaitable[object]]]) -> None:
    """Measure what an owner's address costs the create, and the relay that follows."""
    from benchmarks.calls import due_events, relay_of_events

    plain, owned, relays = [], [], []
    for _ in range(_RUNS):
        plain.append(await _round(calls["create"]))
        owned.append(await _round(calls["create with owner_email"]))
        await due_events(_BATCH)
        begin = time.perf_counter()
        messages = await relay_of_events()
        relays.append((time.perf_counter() - begin) * 1e3)
        if len(messages) != _BATCH:
            raise RuntimeError(f"{len(messages)} events were relayed")
    _print("create with owner_email", "us", owned, plain, beside="plain")
    median = statistics.median(relays)
    print(f"{'relay of 100 events':<34} {min(relays):8.1f} /{median:8.1f} ms", flush=True)


async def _round(call: Callable[[], Awaitable[object]]) -> float:
    """Return microseconds a call."""
    begin = time.perf_counter()
    for _ in range(_CALLS):
        await call()
    return (time.perf_counter() - begin) / _CALLS * 1e6


def _print(what: str, unit: str, app: Figures, bare: Figures, beside: str = "bare") -> None:
    ratio = statistics.median(app) / statistics.median(bare)
    print(
        f"{what:<34} {min(app):8.1f} /{statistics.median(app):8.1f} {unit:<4}"
        f" {beside} {min(bare):7.1f} /{statistics.median(bare):7.1f}   {ratio:5.2f} x",
        flush=True,
    )


def main() -> None:
    """Measure everything; about two minutes."""
    logging.disable(logging.WARNING)
    print(f"min / median of {_RUNS} runs, and the ratio of the medians")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "pets.db"
        os.environ["PETSTORE_SQLITE_PATH"] = str(database)
        _cold(database)
        asyncio.run(_warm())


main()
