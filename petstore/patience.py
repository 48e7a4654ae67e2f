"""How long to go on trying what others keep getting in the way of."""

import asyncio
import random
from time import monotonic

from petstore.errors import Contended

BUDGET = 3.0  # seconds in all; with the last attempt a request still ends in time
_FIRST_PAUSE = 0.01  # seconds, at most
_LONGEST_PAUSE = 0.25  # the same


class Patience:
    """The pauses between the attempts of one change.

    Their length is random (full jitter), up to a limit that doubles: of many that change the same
    pet at once each comes through.
    """

    def __init__(self) -> None:
        self._latest = monotonic() + BUDGET
        self._limit = _FIRST_PAUSE

    async def wait(self, item_id: str) -> None:
        """Wait before the next attempt; Contended when there is no time for one."""
        pause = random.uniform(0, self._limit)  # noqa: S311 - no secret
        if monotonic() + pause > self._latest:
            raise Contended(item_id)
        self._limit = min(2 * self._limit, _LONGEST_PAUSE)
        await asyncio.sleep(pause)
