"""What the host asks of a queue service, whichever it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

MESSAGE_LIMIT = 65_536  # bytes of a message as it stands in the queue
# The value of a connection's setting that keeps the queues in this process.
IN_PROCESS = "devhost"


class QueueError(Exception):
    """The service refused or failed; the message says why."""


class Unreachable(QueueError):
    """The service cannot be asked at present. It logs so itself, once."""


class Gone(QueueError):
    """The message was deleted, or somebody else has received it since."""


@dataclass(frozen=True)
class Queue:
    """A queue as a binding names it.

    Attributes:
        connection: the value of the setting that leads to the storage account.
        name: the queue's name, in lower case.
    """

    connection: str
    name: str


@dataclass(frozen=True)
class QueueMessage:
    """A message that was received.

    Attributes:
        message_id: its id; stays the same over all tries.
        text: as it stands in the queue.
        dequeue_count: how often it was received, this time included.
        inserted: when it was put into the queue.
        expires: when it vanishes.
        next_visible: when others can receive it again.
        pop_receipt: proves that this receiver is the last one.
    """

    message_id: str
    text: str
    dequeue_count: int
    inserted: datetime
    expires: datetime
    next_visible: datetime
    pop_receipt: str


class QueueService(Protocol):
    """The queues of one storage account. Every method may raise ``QueueError``."""

    async def put(self, queue: str, text: str) -> None:
        """Add a message, visible at once; create the queue if there is none."""

    async def receive(self, queue: str, count: int, hidden: float) -> Sequence[QueueMessage]:
        """Take messages, the oldest first; none where the queue does not exist.

        Args:
            queue: the queue's name.
            count: how many at most, 1 to 32.
            hidden: for how many seconds nobody else receives them; whole seconds, 1 or more.
        """

    async def hide(self, queue: str, message: QueueMessage, seconds: float) -> QueueMessage:
        """Hide a received message for some seconds from now; 0 shows it at once.

        Returns:
            The message with its new pop receipt.

        Raises:
            Gone: it was deleted, or received by somebody else.
        """

    async def delete(self, queue: str, message: QueueMessage) -> None:
        """Delete a received message.

        Raises:
            Gone: it was deleted, or received by somebody else.
        """

    async def close(self) -> None:
        """End all connections; the service can still be asked afterwards."""
