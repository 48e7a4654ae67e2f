"""One table of the file: a row for each item."""

import json
import secrets
import sqlite3
import time
from typing import Any, override

from petstore.errors import AlreadyExists, NotFound, VersionConflict
from petstore.repository.documents import Kind
from petstore.repository.port import Repository, Stored
from petstore.repository.reading import Reader, Row, Tally
from petstore.repository.sqlite.file import SqliteFile

_COLUMNS = ("id", "version", "document")
_IF_VERSION = "id = :id AND (:expected IS NULL OR version = :expected)"


class Table[T](Repository[T]):
    """The promises of ``Repository`` on one table.

    Args:
        file: the database.
        name: the table's name.
        kind: what is kept in it.
        tally: where to count what cannot be read.
        compared: the columns that the queries compare.
        kept_seconds: how long a row is kept after it last changed; None for ever. With it the
            table has a column ``changed_at``.
    """

    def __init__(  # noqa: PLR0913 - a table's description
        self,
        file: SqliteFile,
        name: str,
        kind: Kind[T],
        tally: Tally,
        *,
        compared: tuple[str, ...] = (),
        kept_seconds: int | None = None,
    ) -> None:
        self._file = file
        self._name = name
        self._kind = kind
        self._reader = Reader(kind, tally)
        self._kept_seconds = kept_seconds
        self._columns = (*_COLUMNS, *compared, *(("changed_at",) if kept_seconds else ()))

    @override
    async def add(self, item: T) -> Stored[T]:
        row = self._row(item)
        values = ", ".join(f":{column}" for column in self._columns)
        statement = f"INSERT INTO {self._name} ({', '.join(self._columns)}) VALUES ({values})"

        def insert(file: sqlite3.Connection) -> None:
            self._purge(file)
            try:
                file.execute(statement, row)
            except sqlite3.IntegrityError:
                raise AlreadyExists(row["id"], self._kind.name) from None

        await self._file.write(insert)
        return Stored(item, row["version"])

    @override
    async def get(self, item_id: str) -> Stored[T]:
        statement = f"SELECT document, version FROM {self._name} WHERE id = ?"
        rows = self._file.read(statement, (item_id,))
        if not rows:
            raise NotFound(item_id, self._kind.name)
        ((document, version),) = rows
        return self._reader.one(item_id, document, version)

    @override
    async def replace(self, item: T, version: str | None = None) -> Stored[T]:
        row = self._row(item)
        changes = ", ".join(f"{column} = :{column}" for column in self._columns)
        await self._change(f"UPDATE {self._name} SET {changes} WHERE {_IF_VERSION}", row, version)
        return Stored(item, row["version"])

    @override
    async def remove(self, item_id: str, version: str | None = None) -> None:
        statement = f"DELETE FROM {self._name} WHERE {_IF_VERSION}"
        await self._change(statement, {"id": item_id}, version)

    async def _query(self, statement: str, values: object) -> list[Row[T]]:
        """Return the rows of a query for id, document and version."""
        rows = await self._file.query(statement, values)
        return [self._reader.row(*row) for row in rows]

    async def _change(self, statement: str, values: dict[str, Any], version: str | None) -> None:
        item_id = values["id"]

        def change(file: sqlite3.Connection) -> None:
            if file.execute(statement, {**values, "expected": version}).rowcount:
                return
            if file.execute(f"SELECT 1 FROM {self._name} WHERE id = ?", (item_id,)).fetchone():
                raise VersionConflict(item_id, self._kind.name)
            raise NotFound(item_id, self._kind.name)

        await self._file.write(change)

    def _purge(self, file: sqlite3.Connection) -> None:
        if self._kept_seconds is not None:
            oldest = time.time() - self._kept_seconds
            file.execute(f"DELETE FROM {self._name} WHERE changed_at < ?", (oldest,))

    def _row(self, item: T) -> dict[str, Any]:
        document = self._kind.write(item)
        row = {
            **document,
            **self._kind.keys_of(item),
            "version": secrets.token_hex(8),
            "document": json.dumps(document, ensure_ascii=False),
            "changed_at": time.time(),
        }
        return {column: _bindable(row[column]) for column in self._columns}


def _bindable(value: object) -> object:
    return json.dumps(value) if isinstance(value, list) else value
