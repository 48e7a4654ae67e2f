"""A stand-in for Cosmos DB in a process of its own, so that it does not share a core's time.

It is the fake of the wire that the tests use. ``python -m benchmarks.wire`` prints its endpoint and
serves until its standard input ends.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contract import two_partitions

_ROOT = Path(__file__).parents[1]
KEY = "bm9ib2R5J3M="


@contextmanager
def running_wire() -> Iterator[dict[str, str]]:
    """Run it; give the settings that lead to it."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.wire"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("no pipes")
        yield {"COSMOS_ENDPOINT": process.stdout.readline().strip(), "COSMOS_KEY": KEY}
        process.stdin.close()


async def _serve() -> None:
    # Azure's pages hold what was asked for; the tests want short ones.
    two_partitions._PAGE = 1000  # noqa: SLF001
    fake = two_partitions.TwoPartitions()
    await fake.start()
    print(fake.endpoint, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await fake.stop()


if __name__ == "__main__":
    asyncio.run(_serve())
