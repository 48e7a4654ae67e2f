"""Keeps a message hidden from others while its function runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from devhost.queues.service import Gone, QueueError, QueueMessage, QueueService
from devhost.triggers.waiting import is_set_within

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
    service: QueueService, queue: str, message: QueueMessage, seconds: float
) -> AsyncIterator[Lease]:
    """Hide a message again, for some seconds each time, whenever half of them have passed."""
    lease = Lease(message)
    ended = asyncio.Event()
    renewing = asyncio.create_task(_renew(service, queue, lease, seconds, ended))
    try:
        yield lease
    finally:
        # Not cancelled: a request under way may bring a new pop receipt.
        ended.set()
        await renewing


async def _renew(
    service: QueueService, queue: str, lease: Lease, seconds: float, ended: asyncio.Event
) -> None:
    wait = seconds / 2
    while not await is_set_within(ended, wait):
        try:
            lease.message = await service.hide(queue, lease.message, seconds)
            wait = seconds / 2
        except Gone:
            return
        except QueueError:
            wait = min(wait, _SHORTEST)
