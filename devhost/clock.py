"""The time and waiting by it, so that a test can pass a clock that it moves by itself."""

import asyncio
from datetime import UTC, datetime


class Clock:
    """The real time."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    async def is_set_within(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait until an event is set, for some seconds at most; return whether it is."""
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return False
        return True
