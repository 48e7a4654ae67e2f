"""``python -m benchmarks.caching``: a pet with and without the cache; prints a table.

Cosmos DB is the fake of the wire in a process of its own, Redis a real server. Both are on this
machine, so what is measured is the work on our side; in Azure each command of Redis and each call
of Cosmos DB adds its way through the network.
"""

import asyncio
import json
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import batched, count
from pathlib import Path

from benchmarks.wire import running_wire
from devhost.redis import missing, running_redis

_ROOT = Path(__file__).parents[1]
_ROUNDS = 9  # passes
_CALLS = 200  # of each kind in a pass
_ROUND = 10  # calls that are timed together
_READERS = 32
_SECONDS = 3.0

type Call = Callable[[], Awaitable[object]]
type Figures = dict[str, float]


def main() -> None:
    """Measure in fresh processes, without a cache and with one, in turns."""
    if reason := missing():
        sys.exit(f"The cache is not measured: {reason}")
    with running_wire() as wire, running_redis() as (port, _):
        with_cache = {**wire.by_key, "REDIS_URL": f"redis://127.0.0.1:{port}"}
        runs = [(_run(wire.by_key), _run(with_cache)) for _ in range(3)]
    print(f"{'':36}{'without':>10}{'with':>10}   ratio")
    for name in runs[0][0]:
        best = max if name.endswith("reads/s") else min
        off, on_ = (best(run[side][name] for run in runs) for side in (0, 1))
        print(f"{name:36}{off:>10,.1f}{on_:>10,.1f}   {on_ / off:.2f}")


def _run(settings: dict[str, str]) -> Figures:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.caching", "one"],
        cwd=_ROOT,
        env={**os.environ, "AzureWebJobsStorage": "devhost", **settings},
        check=True,
        capture_output=True,
        text=True,
    )
    found: Figures = json.loads(ended.stdout.splitlines()[-1])
    return found


async def _measure() -> Figures:
    from benchmarks.calls import BODY, ask
    from devhost.host import Host
    from devhost.worker.runtime import Worker
    from function_app import wiring

    logging.disable(logging.WARNING)
    host = Host(await Worker.load(_ROOT))
    made = [json.loads(await ask(host, "POST", "/api/pets", BODY)) for _ in range(_CALLS)]
    pets = [f"/api/pets/{pet['id']}" for pet in made]
    numbers = count()

    async def patch() -> None:
        await ask(host, "PATCH", pets[1], json.dumps({"breed": str(next(numbers))}).encode())

    def get(pet: str) -> Call:
        return lambda: ask(host, "GET", pet)

    if "REDIS_URL" in os.environ:
        await wiring.store._breaker.linked()  # type: ignore[attr-defined] # noqa: SLF001
    await get(pets[0])()
    figures = await _least("get, hit", [get(pets[0])] * _CALLS)
    figures |= await _least("get, miss and fill", list(map(get, pets)), _empty)
    figures |= await _least("patch", [patch] * (_CALLS // 4))
    return {
        **figures,
        **await _hot(get(pets[0]), None, f"{_READERS} readers"),
        **await _hot(get(pets[1]), patch, f"{_READERS} readers, one writer"),
    }


async def _least(
    name: str, calls: list[Call], before: Callable[[], None] = lambda: None
) -> Figures:
    """Return the microseconds a call takes in the quickest of many short rounds."""
    clock, cpu = [], []
    for _ in range(_ROUNDS):
        before()
        for some in batched(calls, _ROUND):
            begin, cpu_begin = time.perf_counter(), time.process_time()
            for call in some:
                await call()
            clock.append((time.perf_counter() - begin) * 1e6 / len(some))
            cpu.append((time.process_time() - cpu_begin) * 1e6 / len(some))
    return {f"{name}: us": min(clock), f"{name}: us of CPU": min(cpu)}


def _empty() -> None:
    import redis

    if url := os.environ.get("REDIS_URL"):
        with redis.Redis.from_url(url) as client:
            client.flushall()


async def _hot(get: Call, write: Call | None, name: str) -> Figures:
    """Let many read one pet at once, while somebody writes it or nobody does."""
    times: list[float] = []
    end = time.perf_counter() + _SECONDS

    async def read() -> None:
        while (begin := time.perf_counter()) < end:
            await get()
            times.append((time.perf_counter() - begin) * 1e3)

    async def change() -> None:
        while write is not None and time.perf_counter() < end:
            await write()
            await asyncio.sleep(0.1)

    await asyncio.gather(change(), *(read() for _ in range(_READERS)))
    return {
        f"{name}: reads/s": len(times) / _SECONDS,
        f"{name}: median ms": statistics.median(times),
        f"{name}: p95 ms": statistics.quantiles(times, n=20)[-1],
    }


if __name__ == "__main__":
    if sys.argv[1:] == ["one"]:
        print(json.dumps(asyncio.run(_measure())))
    else:
        main()
