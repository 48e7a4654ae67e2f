"""Events in SQLite: a table beside that of the pets."""

import secrets
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import fields

from petstore.events import KEPT_SECONDS, Event
from petstore.repository import StoredEvent
from petstore.repository.sqlite_file import SqliteFile

EVENTS_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    pet_id TEXT NOT NULL,
    owner_email TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    state TEXT NOT NULL,
    since TEXT NOT NULL,
    due_at TEXT,
    version TEXT NOT NULL,
    changed_at REAL NOT NULL    -- seconds since 1970
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_due ON events (due_at);
CREATE INDEX IF NOT EXISTS events_changed ON events (changed_at);
"""
_MEMBERS = [field.name for field in fields(Event)]
_EVENT = ", ".join(_MEMBERS)
_VALUES = ", ".join(f":{name}" for name in _MEMBERS)


class SqliteEvents:
    """The promises of ``EventRepository``.

    Args:
        file: the database, with ``EVENTS_SCHEMA``.
    """

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def add(self, event: Event) -> bool:
        """See ``EventRepository.add``."""
        return await self._file.write(lambda file: _insert(file, event))

    async def get(self, event_id: str) -> StoredEvent | None:
        """See ``EventRepository.get``."""
        rows = self._file.read(
            f"SELECT {_EVENT}, version FROM events WHERE id = ?",  # noqa: S608 - fixed text
            (event_id,),
        )
        return _stored(rows[0]) if rows else None

    async def due(self, until: str, limit: int) -> Sequence[StoredEvent]:
        """See ``EventRepository.due``."""
        rows = self._file.read(
            f"SELECT {_EVENT}, version FROM events"  # noqa: S608 - fixed text
            " WHERE due_at <= ? ORDER BY due_at LIMIT ?",
            (until, limit),
        )
        return [_stored(row) for row in rows]

    async def replace(self, event: Event, version: str) -> str | None:
        """See ``EventRepository.replace``."""
        row = _row(event)
        changed = await self._file.write(
            lambda file: (
                file.execute(
                    "UPDATE events SET occurred_at = :occurred_at, state = :state, since = :since,"
                    " due_at = :due_at, version = :version, changed_at = :changed_at"
                    " WHERE id = :id AND version = :expected",
                    {**row, "expected": version},
                ).rowcount
            )
        )
        return str(row["version"]) if changed else None

    async def remove(self, event_id: str, version: str) -> bool:
        """See ``EventRepository.remove``."""
        return await self._file.write(
            lambda file: bool(
                file.execute(
                    "DELETE FROM events WHERE id = ? AND version = ?", (event_id, version)
                ).rowcount
            )
        )


def _insert(file: sqlite3.Connection, event: Event) -> bool:
    file.execute("DELETE FROM events WHERE changed_at < ?", (time.time() - KEPT_SECONDS,))
    return bool(
        file.execute(
            f"INSERT INTO events ({_EVENT}, version, changed_at)"  # noqa: S608 - fixed text
            f" VALUES ({_VALUES}, :version, :changed_at) ON CONFLICT DO NOTHING",
            _row(event),
        ).rowcount
    )


def _row(event: Event) -> dict[str, object]:
    return {**vars(event), "version": secrets.token_hex(8), "changed_at": time.time()}


def _stored(row: Sequence[str]) -> StoredEvent:
    *event, version = row
    return StoredEvent(Event(*event), version)  # type: ignore[arg-type]  # its columns, in order
