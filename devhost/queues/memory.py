"""Queues in this process, which behave like a storage account's and end with the process."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from devhost.clock import Clock
from devhost.queues.service import MESSAGE_LIMIT, Gone, QueueError, QueueMessage

_LIFE = timedelta(days=7)  # until a message expires


@dataclass
class _Kept:
    """A message and when it can be received: a time, and a number that orders equal times."""

    message: QueueMessage
    turn: tuple[datetime, int]


class _Queue:
    """One queue. ``turns`` may hold turns of messages that have moved on since."""

    def __init__(self) -> None:
        self.kept: dict[str, _Kept] = {}
        self.turns: list[tuple[tuple[datetime, int], str]] = []

    def keep(self, message: QueueMessage, turn: tuple[datetime, int]) -> None:
        self.kept[message.message_id] = _Kept(message, turn)
        heapq.heappush(self.turns, (turn, message.message_id))

    def first_visible(self, now: datetime) -> QueueMessage | None:
        """Return the message whose turn it is; forget what has moved on or expired."""
        while self.turns and self.turns[0][0][0] <= now:
            turn, message_id = self.turns[0]
            kept = self.kept.get(message_id)
            if kept and kept.turn == turn and kept.message.expires > now:
                return kept.message
            heapq.heappop(self.turns)
            if kept and kept.turn == turn:
                del self.kept[message_id]
        return None


class MemoryQueues:
    """A ``QueueService`` in this process.

    Args:
        clock: tells the time.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._queues: dict[str, _Queue] = defaultdict(_Queue)
        self._numbers = itertools.count()

    async def put(self, queue: str, text: str) -> None:
        """See ``QueueService``."""
        if len(text.encode()) > MESSAGE_LIMIT:
            raise QueueError(f"a message can have at most {MESSAGE_LIMIT} bytes")
        now = self._clock.now()
        message = QueueMessage(str(uuid4()), text, 0, now, now + _LIFE, now, "")
        self._queues[queue].keep(message, (now, next(self._numbers)))

    async def receive(self, queue: str, count: int, hidden: float) -> Sequence[QueueMessage]:
        """See ``QueueService``."""
        if queue not in self._queues:
            return []
        received: list[QueueMessage] = []
        while len(received) < count:
            message = self._queues[queue].first_visible(self._clock.now())
            if message is None:
                break
            counted = replace(message, dequeue_count=message.dequeue_count + 1)
            received.append(self._hide(queue, counted, hidden))
        return received

    async def hide(self, queue: str, message: QueueMessage, seconds: float) -> QueueMessage:
        """See ``QueueService``."""
        self._check(queue, message)
        return self._hide(queue, message, seconds)

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

    def _hide(self, queue: str, message: QueueMessage, seconds: float) -> QueueMessage:
        until = self._clock.now() + timedelta(seconds=seconds)
        moved = replace(message, next_visible=until, pop_receipt=uuid4().hex)
        self._queues[queue].keep(moved, (until, next(self._numbers)))
        return moved
