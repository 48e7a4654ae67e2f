"""Uses the gap between indexing and the first request, in which the worker waits for the host.

The Functions host takes most of a second from indexing to the first call. Meanwhile a thread
imports what the first request of this configuration will need, and the connection to Cosmos DB is
opened, so that the request does not wait for them.
"""

import asyncio
import logging
from threading import Thread

from petstore.wiring import Wiring

_log = logging.getLogger("petstore")


def start(wiring: Wiring) -> Thread | None:
    """Start warming up, unless ``WARM_UP`` is off; return at once and never fail.

    Whatever goes wrong here goes wrong again in the first request, which answers for it.

    Returns:
        The thread; None where no event loop runs.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # imported by a tool, not by a worker
        return None
    thread = Thread(target=_run, args=(wiring, loop), name="petstore-warm-up", daemon=True)
    thread.start()
    return thread


def _run(wiring: Wiring, loop: asyncio.AbstractEventLoop) -> None:
    try:
        if not wiring.settings.warm_up:
            return
        wiring.import_ahead()
        if wiring.settings.cosmos is not None:
            asyncio.run_coroutine_threadsafe(_connect(wiring), loop)
    except Exception as error:  # noqa: BLE001 - see start
        _log.debug("not warmed up: %s", error)


async def _connect(wiring: Wiring) -> None:
    try:
        await wiring.store.ping()
    except Exception as error:  # noqa: BLE001 - see start
        _log.debug("no connection ahead of the first request: %s", error)
