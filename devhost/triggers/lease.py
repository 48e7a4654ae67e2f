"""Keeps a message hidden from others while its function runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from devhost.clock import Clock
from devhost.queues.service import Gone, QueueError, QueueMessage, QueueService

_SHORTEST = 60.0  # seconds between two tries to renew, where one did not work


@dataclass
class Lease:
    """A message that is ours for the moment.

    Attributes:
        message: the message with its latest pop receipt.
    """

    message: QueueMessage


@asynccontextmanager
async def kept_hidden(
    service: QueueService, queue: str, message: QueueMessage, seconds: float, clock: Clock
) -> AsyncIterator[Lease]:
    """Hide a message again, for some seconds each time, whenever half of them have passed."""
    lease = Lease(message)
    ended = asyncio.Event()
    is_over_within = partial(clock.is_set_within, ended)
    renewing = asyncio.create_task(_renew(service, queue, lease, seconds, is_over_within))
    try:
        yield lease
    finally:
        # Not cancelled: a request under way may bring a new pop receipt.
        ended.set()
        await renewing


async def _renew(
    service: QueueService,
    queue: str,
    lease: Lease,
    seconds: float,
    is_over_within: Callable[[float], Awaitable[bool]],
) -> None:
    wait = seconds / 2
    while not await is_over_within(wait):
        try:
            lease.message = await service.hide(queue, lease.message, seconds)
            wait = seconds / 2
        except Gone:
            return
        except QueueError:
            wait = min(wait, _SHORTEST)
