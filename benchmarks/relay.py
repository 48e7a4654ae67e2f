"""``python -m benchmarks.relay``: the relay of 100 due events on SQLite; prints JSON, in ms."""

import asyncio
import json
import time

from function_app import wiring

_BATCH = 100
_RUNS = 9
_OWNED = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}


async def _measure() -> list[float]:
    times = []
    for _ in range(_RUNS):
        while await wiring.notifications().relay():
            pass
        await asyncio.gather(*(wiring.pets().create(_OWNED) for _ in range(_BATCH)))
        begin = time.perf_counter()
        messages = await wiring.notifications().relay()
        times.append((time.perf_counter() - begin) * 1e3)
        if len(messages) != _BATCH:
            raise RuntimeError(f"{len(messages)} events were relayed")
    return times


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure())))
