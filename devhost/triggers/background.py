"""Everything that runs without a request: timers, queue listeners, and calls by hand."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

from devhost import log
from devhost.clock import Clock
from devhost.queues.accounts import Accounts
from devhost.queues.service import IN_PROCESS
from devhost.queues.settings import QueueSettings
from devhost.triggers.bindings import (
    BindingError,
    kind_of,
    queue_name_of,
    queue_of,
    queue_outputs,
)
from devhost.triggers.inputs import made_up_message
from devhost.triggers.invoker import Invoker
from devhost.triggers.listener import QueueListener, call_with
from devhost.triggers.outputs import Outputs
from devhost.triggers.timer import Timer
from devhost.worker.functions import Function, Runner, is_disabled
from devhost.worker.messages import TypedData

_log = logging.getLogger("devhost")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a function's bindings.

    Attributes:
        function: its name.
        reason: names the setting or the value.
        is_error: whether the function cannot run at all; otherwise its messages cannot be sent.
    """

    function: str
    reason: str
    is_error: bool = True


class Background:
    """The background functions of an app. Nothing runs before ``start``.

    Args:
        worker: the loaded app.
        settings: host.json's for queues.
        clock: what timers and queues go by.
        accounts: the queues, with a clock of their own; created when left out.

    Attributes:
        invoker: calls functions and sends their output messages.
        faults: what is wrong with bindings.
        timers: one for each timer function that is not in error.
        listeners: one for each queue function that is not in error.
    """

    def __init__(
        self,
        worker: Runner,
        settings: QueueSettings | None = None,
        clock: Clock | None = None,
        accounts: Accounts | None = None,
    ) -> None:
        self._functions = worker.functions
        self._settings = settings or QueueSettings()
        self._accounts = accounts or Accounts(clock or Clock())
        self._tasks: set[asyncio.Task[object]] = set()
        self.invoker = Invoker(worker, Outputs(self._accounts, self._settings))
        self.faults: list[Fault] = []
        self.timers: list[Timer] = []
        self.listeners: list[QueueListener] = []
        for function in worker.functions:
            self._add(function)

    def is_in_error(self, name: str) -> bool:
        """Return whether a function's bindings keep it from running."""
        return any(fault.function == name and fault.is_error for fault in self.faults)

    def by_hand(self) -> Sequence[Function]:
        """Return the functions that can be run by hand: those that no request starts."""
        return [
            function
            for function in self._functions
            if not (function.is_http or self.is_in_error(function.name))
        ]

    def start(self) -> None:
        """Start every timer and listener that no setting switches off, in the running loop."""
        for runner in self._runners():
            if not is_disabled(runner.function.name):
                self._spawn(runner.run())

    def stop(self) -> None:
        """Fire and receive no more; calls under way go on."""
        for runner in self._runners():
            runner.stop()

    async def wait(self, seconds: float) -> None:
        """After ``stop``, wait for the calls under way, for some seconds at most."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def finish(self, seconds: float) -> None:
        """As ``wait``; calls that are still under way then are cancelled."""
        await self.wait(seconds)
        late = list(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def close(self) -> None:
        """End all connections; say what is lost with the queues of this process."""
        await self._accounts.close()
        for queue, count in self._accounts.memory.left().items():
            _log.warning("The messages of queue %s end with this process: %d.", queue, count)

    async def run(self, function: Function, text: str) -> bool:
        """Run a function once, now.

        Args:
            function: one of ``by_hand``.
            text: the message of a queue function; a timer takes none.

        Returns:
            Whether it succeeded.
        """
        for timer in self.timers:
            if timer.function is function:
                return await timer.fire()
        began = time.perf_counter()
        is_good = await self._call(function, text)
        log.print_call(kind_of(function), function.name, began, succeeded=is_good)
        return is_good

    def run_soon(self, function: Function, text: str) -> None:
        """Run a function without waiting for it; see ``run``."""
        self._spawn(self.run(function, text))

    async def drain(self) -> None:
        """Run what is in the queues of this process until no message is visible."""
        inside = [
            listener
            for listener in self.listeners
            if listener.queue.connection == IN_PROCESS and not is_disabled(listener.function.name)
        ]
        while sum([await listener.drain() for listener in inside]):
            pass

    def _runners(self) -> list[Timer | QueueListener]:
        return [*self.timers, *self.listeners]

    def _add(self, function: Function) -> None:
        kind = kind_of(function)
        try:
            for output in queue_outputs(function):
                queue_name_of(output)
            if not function.is_http:
                _check_connections(function)
            if kind == "timer":
                self.timers.append(Timer(function, self.invoker, self._accounts.clock))
            elif kind == "queue":
                self.listeners.append(self._listener(function))
        except BindingError as error:
            self.faults.append(Fault(function.name, str(error)))
            return
        try:
            _check_connections(function)
        except BindingError as error:
            self.faults.append(Fault(function.name, str(error), is_error=False))

    def _listener(self, function: Function) -> QueueListener:
        queue = queue_of(function.trigger)
        return QueueListener(function, queue, self._accounts, self._settings, self.invoker)

    async def _call(self, function: Function, text: str) -> bool:
        if kind_of(function) == "queue":
            return await call_with(self.invoker, function, made_up_message(text), text)
        inputs = {function.trigger["name"]: TypedData(string=text)}
        return (await self.invoker.invoke(function, inputs)).failure is None

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _check_connections(function: Function) -> None:
    for output in queue_outputs(function):
        queue_of(output)
