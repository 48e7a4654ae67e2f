"""A clock that stands still until a test moves it."""

import asyncio
from datetime import UTC, datetime, timedelta

from devhost.clock import Clock


class ManualClock(Clock):
    """A clock for tests: waits end when the test lets their time pass."""

    def __init__(self, start: datetime = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)) -> None:
        self.start = start
        self._now = start
        self._waits: dict[asyncio.Event, datetime] = {}

    @property
    def passed(self) -> timedelta:
        """Return how much time has passed."""
        return self._now - self.start

    @property
    def waiting(self) -> int:
        """Return how many waits have not ended."""
        return len(self._waits)

    def now(self) -> datetime:
        """Return the time."""
        return self._now

    async def is_set_within(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait until an event is set or the time has passed."""
        over = asyncio.Event()
        self._waits[over] = self._now + timedelta(seconds=seconds)
        either = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(over.wait())]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in either:
                wait.cancel()
            del self._waits[over]
        return event.is_set()

    def end_next_wait(self) -> None:
        """Move to the end of the wait that ends first, if there is one."""
        if self._waits:
            self._move_to(max(self._now, min(self._waits.values())))

    async def let_pass(self, seconds: float) -> None:
        """Let time pass from wait to wait; between two, everything runs until it waits again."""
        end = self._now + timedelta(seconds=seconds)
        await settle()
        while self._waits and min(self._waits.values()) <= end:
            self.end_next_wait()
            await settle()
        self._move_to(end)

    def _move_to(self, moment: datetime) -> None:
        self._now = moment
        for over, due in self._waits.items():
            if due <= moment:
                over.set()


async def settle() -> None:
    """Run the loop until nothing is left that could go on without time or a network."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(0)
        # No public call says whether callbacks are ready.
        if not loop._ready:  # type: ignore[attr-defined]
            return
