"""Warm calls of one app in this process, in rounds next to a bare function; prints JSON.

Usage: python -m benchmarks.warm APP ROUNDS CALLS
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from benchmarks.apps import APPS

type Call = Callable[[], Awaitable[object]]


class Round(NamedTuple):
    """Microseconds a call: of the clock, and of this process's cores."""

    clock: float
    cpu: float


async def _round(call: Call, count: int) -> Round:
    clock, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        await call()
    scale = 1e6 / count
    return Round((time.perf_counter() - clock) * scale, (time.process_time() - cpu) * scale)


async def _measure(name: str, rounds: int, count: int) -> dict[str, list[Round]]:
    calls = await _calls(name)
    for call in calls.values():
        await call()
    found: dict[str, list[Round]] = {what: [] for what in calls}
    for _ in range(rounds):
        for what, call in calls.items():
            found[what].append(await _round(call, count))
    return found


async def _calls(name: str) -> dict[str, Call]:
    if name == "FastAPI":
        from benchmarks.calls import calls_of_peer

        return await calls_of_peer()
    from benchmarks.calls import calls_of_functions

    folder = APPS[name].folder
    if folder is None:
        raise ValueError(name)
    return await calls_of_functions(folder, name)


def main() -> None:
    """Measure and print."""
    logging.disable(logging.WARNING)
    name, rounds, count = sys.argv[1:]
    print(json.dumps(asyncio.run(_measure(name, int(rounds), int(count)))))


main()
