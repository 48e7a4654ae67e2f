"""Where the time of a warm call goes: cProfile's own time of each function, summed by part.

``python -m benchmarks.parts`` prints JSON: for each call the share of each part, in percent. The
profiler makes small functions look dearer than they are, so read it for the order of the parts.
"""

import asyncio
import cProfile
import json
import logging
import pstats
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from benchmarks.apps import ROOT
from benchmarks.calls import Call, calls_of_functions

_CALLS = ("get", "list(20)", "create", "create with a key")
_COUNT = 300
# The first that a function's file or name contains says which part it belongs to.
_PARTS = {
    "sqlite3.": "SQLite",
    "select.epoll": "waiting for SQLite's thread",
    "_queue.SimpleQueue": "waiting for SQLite's thread",
    "_socket.socket": "waiting for SQLite's thread",
    "/concurrent/": "waiting for SQLite's thread",
    "azure_functions_runtime": "Microsoft's worker",
    "/azure/functions": "azure-functions and werkzeug",
    "werkzeug": "azure-functions and werkzeug",
    "pydantic": "pydantic",
    f"{ROOT}/devhost": "the dev host",
    f"{ROOT}/petstore/http": "petstore: HTTP",
    f"{ROOT}/petstore/repository": "petstore: the store",
    f"{ROOT}/petstore": "petstore: the rules",
    "/json/": "JSON",
}
_REST = "the rest of Python"

type Function = tuple[str, int, str]


def parts_of(profile: cProfile.Profile) -> dict[str, float]:
    """Return each part's share of the time in percent, the largest first."""
    times: dict[str, float] = defaultdict(float)
    for part, seconds in _own_times(pstats.Stats(profile)):
        times[part] += seconds
    whole = sum(times.values())
    shares = {part: round(100 * seconds / whole, 1) for part, seconds in times.items()}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _own_times(stats: pstats.Stats) -> Iterator[tuple[str, float]]:
    functions: dict[Function, Any] = stats.stats  # type: ignore[attr-defined]
    for function, (_, _, own, _, callers) in functions.items():
        if (part := _part(function)) is not None:
            yield part, own
        elif not callers:
            yield _REST, own
        for caller, (_, _, share, _) in callers.items() if part is None else ():
            yield _part(caller) or _REST, share


def _part(function: Function) -> str | None:
    """Return a function's part; None for one of Python, which counts for those who call it."""
    file, _, name = function
    return next((part for mark, part in _PARTS.items() if mark in file or mark in name), None)


async def _measure() -> dict[str, dict[str, float]]:
    calls = await calls_of_functions(ROOT, "SQLite")
    return {what: await _profiled(calls[what]) for what in _CALLS}


async def _profiled(call: Call) -> dict[str, float]:
    await call()
    with cProfile.Profile() as profile:
        for _ in range(_COUNT):
            await call()
    return parts_of(profile)


def main() -> None:
    """Measure and print."""
    logging.disable(logging.WARNING)
    json.dump(asyncio.run(_measure()), sys.stdout)


if __name__ == "__main__":
    main()
