"""Keys whose values must still be dropped, because the cache did not answer when they changed."""

import time
from collections.abc import Callable

_MOST = 10_000


class Owed:
    """The keys that are owed, oldest first.

    A value lives for a known time; after that nothing is owed for it. Of more than 10,000 keys the
    oldest are forgotten, and then nothing may be read before their values have ended.

    Args:
        seconds: how long a value can live.
        clock: returns seconds, from any beginning.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends: dict[str, tuple[float, object]] = {}
        self._blind_until = clock()

    def add(self, key: str) -> object:
        """Note a key; return what ``remove`` takes back."""
        now = self._clock()
        mark = object()
        self._ends.pop(key, None)
        self._ends[key] = (now + self._seconds, mark)
        self._shorten(now)
        return mark

    def remove(self, key: str, mark: object) -> None:
        """Forget a key, unless it was noted again since."""
        if key in self._ends and self._ends[key][1] is mark:
            del self._ends[key]

    def marked(self, count: int) -> list[tuple[str, object]]:
        """Return some of the keys, each with what ``remove`` takes back."""
        self._shorten(self._clock())
        return [(key, self._ends[key][1]) for key, _ in zip(self._ends, range(count), strict=False)]

    @property
    def blind_seconds(self) -> float:
        """For how long nothing may be read, since keys were forgotten."""
        return max(0.0, self._blind_until - self._clock())

    def _shorten(self, now: float) -> None:
        while self._ends:
            key, (end, _) = next(iter(self._ends.items()))
            if end > now and len(self._ends) <= _MOST:
                return
            del self._ends[key]
            self._blind_until = max(self._blind_until, end)
