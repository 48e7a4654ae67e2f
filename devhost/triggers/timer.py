"""A timer trigger."""

import asyncio
import time
from datetime import datetime
from itertools import pairwise

from devhost import log
from devhost.clock import Clock
from devhost.triggers.bindings import BindingError, resolved
from devhost.triggers.inputs import timer_input
from devhost.triggers.invoker import Invoker
from devhost.triggers.schedule import Schedule
from devhost.worker.functions import Function

# A laptop that slept has lost time: the clock is looked at this often, in seconds.
_LOOK = 30.0
_ONCE = "(the next ones are printed when they fail)"
_MONITORED = 60.0  # seconds; the real host monitors no timer that fires more often


class Timer:
    """Fires a function at its schedule's times, one call at a time, until it is stopped.

    A time that comes while a call runs is passed over.

    Args:
        function: the function, with a timer trigger.
        invoker: what calls it.
        clock: tells the time, and is what it waits by.

    Attributes:
        text: the schedule as it reads with its settings put in.

    Raises:
        BindingError: the schedule cannot be read.
    """

    def __init__(self, function: Function, invoker: Invoker, clock: Clock) -> None:
        self.function = function
        self.text = resolved(str(function.trigger.get("schedule") or ""))
        self._schedule = _read(self.text)
        self._invoker = invoker
        self._clock = clock
        self._stopping = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._last: datetime | None = None
        self._has_succeeded = False

    async def run(self) -> None:
        """Fire until stopped; the call under way is finished."""
        if self.function.trigger.get("runOnStartup") is True:
            await self.fire()
        due = self._schedule.next_after(self._clock.now())
        while not await self._is_stopped_before(due):
            await self.fire(is_by_hand=False)
            # Not before the last one, even where the clock was set back.
            due = self._schedule.next_after(max(due, self._clock.now()))

    async def fire(self, *, is_by_hand: bool = True) -> bool:
        """Call the function once, after the call under way; return whether it succeeded.

        Of ticks that succeed one after another only the first is printed.
        """
        async with self._one_at_a_time:
            began, at = time.perf_counter(), self._clock.now()
            inputs = {self.function.trigger["name"]: timer_input(self._status(at))}
            outcome = await self._invoker.invoke(self.function, inputs)
            self._last = at
        self._print(began, succeeded=outcome.failure is None, is_by_hand=is_by_hand)
        return outcome.failure is None

    def _print(self, began: float, *, succeeded: bool, is_by_hand: bool) -> None:
        is_first = succeeded and not (self._has_succeeded or is_by_hand)
        if is_first or is_by_hand or not succeeded or log.is_verbose():
            more = _ONCE if is_first and not log.is_verbose() else ""
            log.print_call("timer", self.function.name, began, succeeded=succeeded, more=more)
        self._has_succeeded = succeeded

    def stop(self) -> None:
        """Fire no more."""
        self._stopping.set()

    def _status(self, at: datetime) -> tuple[datetime | None, datetime] | None:
        if self.function.trigger.get("useMonitor") is False or self._is_frequent(at):
            return None
        return self._last, self._schedule.next_after(at)

    def _is_frequent(self, at: datetime) -> bool:
        """Return whether it fires more than once a minute, by the next five times."""
        times = [at]
        for _ in range(6):
            times.append(self._schedule.next_after(times[-1]))
        return any((b - a).total_seconds() < _MONITORED for a, b in pairwise(times[1:]))

    async def _is_stopped_before(self, due: datetime) -> bool:
        while (rest := (due - self._clock.now()).total_seconds()) > 0:
            if await self._clock.is_set_within(self._stopping, min(rest, _LOOK)):
                return True
        return self._stopping.is_set()


def _read(text: str) -> Schedule:
    try:
        return Schedule.parse(text)
    except ValueError as error:
        raise BindingError(f"schedule {text!r}: {error}") from None
