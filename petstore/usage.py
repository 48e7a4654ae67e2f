"""What one request takes of its store: time and, on Cosmos DB, request units."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

# hit: the pet came from the cache; fill: from the store, and is in the cache now; refused: from the
# store, and was kept out since a write came between; miss: from the store, since a write was
# there a moment ago or another reader fills; away: the cache did not answer.
CacheResult = Literal["hit", "fill", "refused", "miss", "away"]


@dataclass
class Usage:
    """A request's share.

    Attributes:
        seconds: spent waiting for the store.
        charge: request units; None when the store counts none.
        cache: what the cache did for it; None where none was asked.
    """

    seconds: float = 0.0
    charge: float | None = None
    cache: CacheResult | None = None


_current: ContextVar[Usage | None] = ContextVar("usage", default=None)


@contextmanager
def counted() -> Iterator[Usage]:
    """Count what this task uses until the block ends."""
    usage = Usage()
    token = _current.set(usage)
    try:
        yield usage
    finally:
        _current.reset(token)


@contextmanager
def timed() -> Iterator[None]:
    """Count the time until the block ends as the store's."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        if usage := _current.get():
            usage.seconds += time.perf_counter() - begin


def add_charge(units: float) -> None:
    """Count request units."""
    if usage := _current.get():
        usage.charge = (usage.charge or 0.0) + units


def note_cache(result: CacheResult) -> None:
    """Note what the cache did; the last one counts."""
    if usage := _current.get():
        usage.cache = result
