"""What one request takes of its store: time and, on Cosmos DB, request units."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Usage:
    """A request's share.

    Attributes:
        seconds: spent waiting for the store.
        charge: request units; None when the store counts none.
    """

    seconds: float = 0.0
    charge: float | None = None


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
