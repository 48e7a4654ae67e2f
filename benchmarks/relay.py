"""``python -m benchmarks.relay``: the relay of 100 due events on SQLite; prints JSON, in ms."""

import asyncio
import json
import os
import time

from function_app import wiring

_BATCH = 100
_RUNS = 9


async def _measure() -> list[float]:
    times = []
    for _ in range(_RUNS):
        while await wiring.relay().run():
            pass
        await asyncio.gather(*(wiring.pets().create(_owned(number)) for number in range(_BATCH)))
        begin = time.perf_counter()
        messages = await wiring.relay().run()
        times.append((time.perf_counter() - begin) * 1e3)
        if len(messages) != _BATCH:
            raise RuntimeError(f"{len(messages)} events were relayed")
    return times


def _owned(number: int) -> dict[str, str]:
    return {"name": "Ada", "species": "cat", "owner_email": f"owner{number}@example.com"}


if __name__ == "__main__":
    # They are counted, and all may go.
    os.environ |= {"MAILS_PER_ADDRESS": "100000", "MAILS_PER_CALLER": "100000"}
    print(json.dumps(asyncio.run(_measure())))
