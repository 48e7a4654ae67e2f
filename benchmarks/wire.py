"""A stand-in for Cosmos DB in a process of its own, so that it does not share a core's time.

It is the fake of the wire that the tests use, over TLS as in Azure, and next to it the platform's
token service. ``python -m benchmarks.wire`` prints both endpoints and serves until its standard
input ends.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from tests.certificates import certificate
from tests.contract import two_partitions

_ROOT = Path(__file__).parents[1]
KEY = "bm9ib2R5J3M="


class Wire(NamedTuple):
    """The settings that lead to the store: with its key, and as a managed identity in Azure."""

    by_key: dict[str, str]
    by_identity: dict[str, str]


@contextmanager
def running_wire() -> Iterator[Wire]:
    """Run it; yield the settings that lead to it."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.wire"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("no pipes")
        store, tokens = process.stdout.readline().split()
        endpoint = {"COSMOS_ENDPOINT": store}
        identity = {"IDENTITY_ENDPOINT": tokens, "IDENTITY_HEADER": "a-proof"}
        in_azure = {"WEBSITE_SITE_NAME": "a-bench"}
        yield Wire({**endpoint, "COSMOS_KEY": KEY}, {**endpoint, **identity, **in_azure})
        process.stdin.close()


async def _answer_token(request: web.BaseRequest) -> web.Response:
    in_a_day = int(time.time()) + 86_400
    token = {"access_token": "a-token", "expires_on": str(in_a_day), "token_type": "Bearer"}
    return web.json_response({**token, "resource": request.query["resource"]})


async def _serve() -> None:
    # Azure's pages hold what was asked for; the tests want short ones.
    two_partitions._PAGE = 1000  # noqa: SLF001
    fake = two_partitions.TwoPartitions()
    with tempfile.TemporaryDirectory() as folder:
        await fake.start(certificate(Path(folder))[0])
    tokens = web.ServerRunner(web.Server(_answer_token))
    await tokens.setup()
    await web.TCPSite(tokens, "127.0.0.1", 0).start()
    print(fake.endpoint, f"http://127.0.0.1:{tokens.addresses[0][1]}/token", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await tokens.cleanup()
    await fake.stop()


if __name__ == "__main__":
    asyncio.run(_serve())
