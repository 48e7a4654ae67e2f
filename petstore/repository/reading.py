"""Reading what may not be readable: it is left out, counted, and logged with its id."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from petstore.errors import Unreadable
from petstore.ids import is_id
from petstore.pet import Pet
from petstore.repository.documents import Kind
from petstore.repository.members import BadDocument
from petstore.repository.port import Page, PetQuery, Stored

# A document that was found: its id, and its item where that can be read.
type Row[T] = tuple[str, Stored[T] | None]

_LONGEST = 1_000  # documents that are asked for at once
_ROUNDS = 12  # questions for one page: some 8,000 documents
_MOST_DUE = 10_000
_REMEMBERED = 1_000  # ids of each kind

_log = logging.getLogger("petstore")


class Tally:
    """What a store could not read, as far as this process has met it."""

    def __init__(self) -> None:
        self._met: dict[str, set[str]] = {}

    def counts(self) -> dict[str, int]:
        """Return how many items of each kind could not be read when they were met last."""
        return {kind: len(ids) for kind, ids in self._met.items() if ids}

    def add(self, kind: str, item_id: str, error: Exception) -> None:
        """Count an item; it is logged the first time."""
        met = self._met.setdefault(kind, set())
        if item_id not in met and len(met) < _REMEMBERED:
            met.add(item_id)
            _log.error("%s %.100s cannot be read and is left out: %s", kind, item_id, _why(error))

    def discard(self, kind: str, item_id: str) -> None:
        """Forget an item that can be read now."""
        if met := self._met.get(kind):
            met.discard(item_id)


class Reader[T]:
    """Reads the documents of one kind.

    Args:
        kind: the kind.
        tally: where to count what cannot be read.
    """

    def __init__(self, kind: Kind[T], tally: Tally) -> None:
        self._kind = kind
        self._tally = tally

    def row(self, item_id: str, content: Mapping[str, Any] | str, version: str) -> Row[T]:
        """Return the row of a document, which is given as it is or as JSON text."""
        try:
            item = self._kind.read(json.loads(content) if isinstance(content, str) else content)
        except (ValueError, TypeError, RecursionError) as error:
            self._tally.add(self._kind.name, item_id, error)
            return item_id, None
        self._tally.discard(self._kind.name, item_id)
        return item_id, Stored(item, version)

    def one(self, item_id: str, content: Mapping[str, Any] | str, version: str) -> Stored[T]:
        """Return a document's item; Unreadable when it cannot be read."""
        _, stored = self.row(item_id, content, version)
        if stored is None:
            raise Unreadable(item_id, self._kind.name, version)
        return stored


async def full_page(
    query: PetQuery, find: Callable[[PetQuery], Awaitable[Sequence[Row[Pet]]]]
) -> Page[Pet]:
    """Return a page that is full although some of the documents cannot be read.

    Where thousands in a row cannot, it is shorter, and the next page begins behind them.

    Args:
        query: what was asked for.
        find: returns the documents of a query, as many as its limit says if there are as many.
    """
    pets: list[Pet] = []
    after = None
    asked = replace(query, limit=query.limit + 1)
    for _ in range(_ROUNDS):
        rows = await find(asked)
        pets += [stored.value for _, stored in rows if stored is not None]
        if len(pets) > query.limit:
            return Page(pets[: query.limit], after=pets[query.limit - 1].id)
        if len(rows) < asked.limit:
            return Page(pets, after=None)
        after = next((item_id for item_id, _ in reversed(rows) if is_id(item_id)), after)
        asked = replace(asked, after=rows[-1][0], limit=min(2 * asked.limit, _LONGEST))
    return Page(pets, after=after)


async def full_batch[T](
    limit: int, find: Callable[[int], Awaitable[Sequence[Row[T]]]]
) -> list[Stored[T]]:
    """Return as many of the first items as can be read, though some documents cannot.

    Args:
        limit: how many at most.
        find: returns that many of the first documents.
    """
    asked = limit
    while True:
        rows = await find(asked)
        found = [stored for _, stored in rows if stored is not None]
        if len(found) >= limit or len(rows) < asked or asked >= _MOST_DUE:
            return found[:limit]
        asked = min(2 * asked, _MOST_DUE)


def _why(error: Exception) -> str:
    """Say what is wrong, without what the document holds."""
    return str(error) if isinstance(error, BadDocument) else type(error).__name__
