"""A queue trigger: takes messages, runs them, and parks those that keep failing."""

import asyncio
import logging
import time
from contextlib import AbstractAsyncContextManager

from devhost import log
from devhost.queues.accounts import Accounts
from devhost.queues.service import Gone, Queue, QueueError, QueueMessage, Unreachable
from devhost.queues.settings import QueueSettings
from devhost.triggers.bindings import is_queue_name
from devhost.triggers.inputs import queue_metadata
from devhost.triggers.invoker import Invoker
from devhost.triggers.lease import Lease, kept_hidden
from devhost.worker.functions import Function
from devhost.worker.messages import TypedData

_log = logging.getLogger("devhost")
_POISON = "-poison"
_FIRST_PAUSE = 0.1  # seconds
HIDDEN = 600.0  # seconds for which a message that is run is hidden; it is renewed


class QueueListener:
    """Runs a function for each message of a queue until it is stopped.

    Args:
        function: the function, with a queue trigger.
        queue: the trigger's queue; it need not exist.
        accounts: where the queues are, and the clock that it waits by.
        settings: host.json's.
        invoker: what calls the function.
    """

    def __init__(
        self,
        function: Function,
        queue: Queue,
        accounts: Accounts,
        settings: QueueSettings,
        invoker: Invoker,
    ) -> None:
        self.function = function
        self.queue = queue
        self._accounts = accounts
        self._service = accounts.service(queue.connection)
        self._settings = settings
        self._invoker = invoker
        self._clock = accounts.clock
        self._poison = _poison_of(queue)
        self._woken = asyncio.Event()
        self._is_stopping = False
        self._has_complained = False
        self._running: set[asyncio.Task[None]] = set()
        accounts.on_put(queue, self._woken.set)

    async def run(self) -> None:
        """Take messages until stopped; those under way are finished."""
        pause = _FIRST_PAUSE
        try:
            while not self._is_stopping:
                self._woken.clear()
                if await self._begin_batch():
                    pause = _FIRST_PAUSE
                    await self._wait_for_room()
                else:
                    await self._clock.is_set_within(self._woken, pause)
                    pause = min(2 * pause, self._settings.max_polling_interval)
            await self._finish()
        finally:
            for task in self._running:
                task.cancel()

    async def drain(self) -> bool:
        """Run one batch to its end; return whether there was any message."""
        was_any = await self._begin_batch()
        await self._finish()
        return was_any

    def stop(self) -> None:
        """Take no more messages."""
        if not self._is_stopping:
            self._accounts.forget(self.queue, self._woken.set)
        self._is_stopping = True
        self._woken.set()

    async def _begin_batch(self) -> bool:
        messages = await self._receive()
        for message in messages:
            task = asyncio.create_task(self._process(message))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return bool(messages)

    async def _receive(self) -> list[QueueMessage]:
        try:
            found = await self._service.receive(self.queue.name, self._settings.batch_size, HIDDEN)
        except QueueError as error:
            if not self._has_complained and not isinstance(error, Unreachable):
                self._has_complained = True
                _log.warning("%s: queue %s: %s", self.function.name, self.queue.name, error)
            return []
        self._has_complained = False
        return list(found)

    async def _wait_for_room(self) -> None:
        """Wait until so few messages are run that more may be taken."""
        while len(self._running) > self._settings.new_batch_threshold:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _finish(self) -> None:
        if self._running:
            await asyncio.wait(self._running)

    async def _process(self, message: QueueMessage) -> None:
        try:
            if message.dequeue_count > self._settings.max_dequeue_count:
                await self._park(message)
                return
            async with self._kept_hidden(message) as lease:
                is_good = await self._try(message)
            await self._settle(lease.message, is_good=is_good)
        except Gone:
            # Somebody else has received or deleted it meanwhile: it is theirs.
            return
        except QueueError as error:
            _log.warning(
                "%s: message %s is not settled and will come again: %s",
                *(self.function.name, message.message_id, error),
            )

    def _kept_hidden(self, message: QueueMessage) -> AbstractAsyncContextManager[Lease]:
        return kept_hidden(self._service, self.queue.name, message, HIDDEN, self._clock)

    async def _try(self, message: QueueMessage) -> bool:
        began = time.perf_counter()
        text = self._decode(message)
        is_good = text is not None and await call_with(self._invoker, self.function, message, text)
        tries = f"(try {message.dequeue_count} of {self._settings.max_dequeue_count})"
        log.print_call(
            *(f"queue {self.queue.name}", self.function.name, began),
            succeeded=is_good,
            more="" if is_good and message.dequeue_count == 1 else tries,
        )
        return is_good

    def _decode(self, message: QueueMessage) -> str | None:
        try:
            return self._settings.decode(message.text)
        except ValueError as error:
            _log.error("%s: message %s %s", self.function.name, message.message_id, error)
            return None

    async def _settle(self, message: QueueMessage, *, is_good: bool) -> None:
        if is_good:
            await self._service.delete(self.queue.name, message)
        elif message.dequeue_count >= self._settings.max_dequeue_count:
            await self._park(message)
        elif self._poison is not None:
            wait = self._settings.visibility_timeout
            await self._service.hide(self.queue.name, message, wait)

    async def _park(self, message: QueueMessage) -> None:
        """Move a message to the poison queue; where there is none it stays, hidden."""
        if self._poison is None:
            return
        _log.warning(
            "%s: message %s has reached the maxDequeueCount of %d and is moved to queue %s.",
            *(self.function.name, message.message_id),
            *(self._settings.max_dequeue_count, self._poison.name),
        )
        await self._accounts.put(self._poison, message.text)
        await self._service.delete(self.queue.name, message)


async def call_with(invoker: Invoker, function: Function, message: QueueMessage, text: str) -> bool:
    """Call a queue function with a message.

    Args:
        invoker: what calls it.
        function: the function, with a queue trigger.
        message: the message, as it stands in the queue.
        text: its text, decoded.

    Returns:
        Whether it succeeded.
    """
    inputs = {function.trigger["name"]: TypedData(string=text)}
    outcome = await invoker.invoke(function, inputs, queue_metadata(message, text))
    return outcome.failure is None


def _poison_of(queue: Queue) -> Queue | None:
    """Return the queue's poison queue; a poison queue has none, nor one with too long a name."""
    name = queue.name + _POISON
    if queue.name.endswith(_POISON) or not is_queue_name(name):
        return None
    return Queue(queue.connection, name)
