"""Events in SQLite; expired ones are deleted when the next is added."""

from collections.abc import Sequence
from typing import override

from petstore.events import KEPT_SECONDS, Event
from petstore.repository.documents import EVENT
from petstore.repository.port import EventRepository, Stored
from petstore.repository.sqlite.file import SqliteFile
from petstore.repository.sqlite.table import Table


class SqliteEvents(Table[Event], EventRepository):
    """The promises of ``EventRepository`` on one table.

    Args:
        file: the database.
    """

    def __init__(self, file: SqliteFile) -> None:
        super().__init__(file, "events", EVENT, ("due_at",), kept_seconds=KEPT_SECONDS)

    @override
    async def due(self, until: str, limit: int) -> Sequence[Stored[Event]]:
        rest = "WHERE due_at <= :until ORDER BY due_at LIMIT :limit"
        return self._select(rest, {"until": until, "limit": limit})
