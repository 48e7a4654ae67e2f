"""Events in SQLite; expired ones are deleted when the next is added."""

from collections.abc import Sequence
from typing import override

from petstore.events import KEPT_SECONDS, Event
from petstore.repository.documents import EVENT
from petstore.repository.port import EventRepository, Stored
from petstore.repository.reading import Row, Tally, full_batch
from petstore.repository.sqlite.file import SqliteFile
from petstore.repository.sqlite.table import Table

_DUE = (
    "SELECT id, document, version FROM events WHERE due_at <= :until ORDER BY due_at LIMIT :limit"
)


class SqliteEvents(Table[Event], EventRepository):
    """The promises of ``EventRepository`` on one table.

    Args:
        file: the database.
        tally: where to count what cannot be read.
    """

    def __init__(self, file: SqliteFile, tally: Tally) -> None:
        super().__init__(
            file, "events", EVENT, tally, compared=("due_at",), kept_seconds=KEPT_SECONDS
        )

    @override
    async def due(self, until: str, limit: int) -> Sequence[Stored[Event]]:
        async def find(count: int) -> list[Row[Event]]:
            return await self._query(_DUE, {"until": until, "limit": count})

        return await full_batch(limit, find)
