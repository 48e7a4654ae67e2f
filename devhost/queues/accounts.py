"""The queue services that an app's connections lead to, one for each."""

from collections import defaultdict
from collections.abc import Callable

from devhost.clock import Clock
from devhost.queues import connection_strings
from devhost.queues.memory import MemoryQueues
from devhost.queues.service import IN_PROCESS, Queue, QueueService


class Accounts:
    """The services, created when first needed.

    Args:
        clock: another clock than the real one.

    Attributes:
        clock: what queues in this process and their listeners go by.
        memory: the queues in this process.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.memory = MemoryQueues(self.clock)
        self._services: dict[str, QueueService] = {IN_PROCESS: self.memory}
        self._wakers: dict[Queue, list[Callable[[], None]]] = defaultdict(list)

    def service(self, connection: str) -> QueueService:
        """Return the service of a connection string, or of ``devhost``.

        Raises:
            ValueError: it is not a connection string.
        """
        if connection not in self._services:
            # Late: an HTTP client, which most apps here do without.
            from devhost.queues.storage import StorageQueues  # noqa: PLC0415

            self._services[connection] = StorageQueues(connection_strings.parse(connection))
        return self._services[connection]

    async def put(self, queue: Queue, text: str) -> None:
        """Put a message into a queue, and wake what waits for one.

        Args:
            queue: the queue; it is created when it does not exist.
            text: as it stands in the queue afterwards.

        Raises:
            QueueError: the message is not in the queue.
        """
        await self.service(queue.connection).put(queue.name, text)
        for wake in self._wakers.get(queue, ()):
            wake()

    def on_put(self, queue: Queue, wake: Callable[[], None]) -> None:
        """Call something whenever this process has put a message into a queue."""
        self._wakers[queue].append(wake)

    def forget(self, queue: Queue, wake: Callable[[], None]) -> None:
        """Call something no more that ``on_put`` was given."""
        self._wakers[queue].remove(wake)

    async def close(self) -> None:
        """End all connections."""
        for service in self._services.values():
            await service.close()
