"""Queues in this process, with the manners of a storage account's; they end with the process."""

import heapq
import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from devhost.queues.service import MESSAGE_LIMIT, Gone, QueueError, QueueMessage

_LIFE = 7 * 24 * 3600.0  # seconds until a message expires


@dataclass
class _Kept:
    """A message and when it can be received: a time, and a number that tells equal times apart."""

    message: QueueMessage
    turn: tuple[float, int]


class _Queue:
    """One queue. ``turns`` may hold turns of messages that have moved on since."""

    def __init__(self) -> None:
        self.kept: dict[str, _Kept] = {}
        self.turns: list[tuple[tuple[float, int], str]] = []

    def keep(self, message: QueueMessage, turn: tuple[float, int]) -> None:
        self.kept[message.message_id] = _Kept(message, turn)
        heapq.heappush(self.turns, (turn, message.message_id))

    def first_visible(self, now: float) -> QueueMessage | None:
        """Return the message whose turn it is; forget what has moved on or expired."""
        while self.turns and self.turns[0][0][0] <= now:
            turn, message_id = self.turns[0]
            kept = self.kept.get(message_id)
            if kept and kept.turn == turn and kept.message.expires.timestamp() > now:
                return kept.message
            heapq.heappop(self.turns)
            if kept and kept.turn == turn:
                del self.kept[message_id]
        return None


class MemoryQueues:
    """A ``QueueService`` in this process.

    Args:
        clock: gives the time in seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._queues: dict[str, _Queue] = defaultdict(_Queue)
        self._numbers = itertools.count()

    async def put(self, queue: str, text: str) -> None:
        """See ``QueueService``."""
        if len(text.encode()) > MESSAGE_LIMIT:
            raise QueueError(f"a message may have {MESSAGE_LIMIT} bytes at most")
        now = self._clock()
        message = QueueMessage(
            str(uuid4()), text, 0, _moment(now), _moment(now + _LIFE), _moment(now), ""
        )
        self._queues[queue].keep(message, (now, next(self._numbers)))

    async def receive(self, queue: str, count: int, hidden: float) -> Sequence[QueueMessage]:
        """See ``QueueService``."""
        if queue not in self._queues:
            return []
        received: list[QueueMessage] = []
        while len(received) < count:
            message = self._queues[queue].first_visible(self._clock())
            if message is None:
                break
            counted = replace(message, dequeue_count=message.dequeue_count + 1)
            received.append(self._hidden(queue, counted, hidden))
        return received

    async def hide(self, queue: str, message: QueueMessage, seconds: float) -> QueueMessage:
        """See ``QueueService``."""
        self._check(queue, message)
        return self._hidden(queue, message, seconds)

    async def delete(self, queue: str, message: QueueMessage) -> None:
        """See ``QueueService``."""
        self._check(queue, message)
        del self._queues[queue].kept[message.message_id]

    async def close(self) -> None:
        """See ``QueueService``."""

    def left(self) -> dict[str, int]:
        """Return the number of messages in each queue that has any, hidden ones included."""
        return {name: len(queue.kept) for name, queue in self._queues.items() if queue.kept}

    def _check(self, queue: str, message: QueueMessage) -> None:
        kept = self._queues[queue].kept.get(message.message_id) if queue in self._queues else None
        if kept is None or kept.message.pop_receipt != message.pop_receipt:
            raise Gone(f"message {message.message_id} of {queue} is gone")

    def _hidden(self, queue: str, message: QueueMessage, seconds: float) -> QueueMessage:
        until = self._clock() + seconds
        moved = replace(message, next_visible=_moment(until), pop_receipt=uuid4().hex)
        self._queues[queue].keep(moved, (until, next(self._numbers)))
        return moved


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
