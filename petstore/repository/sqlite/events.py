"""Events in SQLite; expired ones are deleted when the next is added."""

import json
from collections.abc import Sequence
from typing import override

from petstore.events import KEPT_SECONDS, Event
from petstore.repository.documents import EVENT
from petstore.repository.port import EventRepository, Stored
from petstore.repository.reading import Row, Tally, full_batch
from petstore.repository.sqlite.file import SqliteFile
from petstore.repository.sqlite.table import Table

_DUE = """
SELECT id, document, version FROM events
WHERE due_at <= :until AND due_at > :after{besides} ORDER BY due_at LIMIT :limit
"""
_BESIDES = """
AND NOT EXISTS (
    SELECT 1 FROM json_each(:besides)
    WHERE value IS CASE WHEN json_valid(document) THEN document ->> 'caller' END
)
"""


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
    async def due(
        self, until: str, limit: int, *, after: str = "", besides: Sequence[str | None] = ()
    ) -> Sequence[Stored[Event]]:
        statement = _DUE.format(besides=_BESIDES if besides else "")
        values = {"until": until, "after": after, "besides": json.dumps(list(besides))}

        async def find(count: int) -> list[Row[Event]]:
            return await self._query(statement, {**values, "limit": count})

        return await full_batch(limit, find)
