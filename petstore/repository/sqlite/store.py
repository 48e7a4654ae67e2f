"""The store on one SQLite file."""

from collections.abc import Mapping
from pathlib import Path
from typing import override

from petstore.repository.port import Store
from petstore.repository.reading import Tally
from petstore.repository.sqlite.claims import SqliteClaims
from petstore.repository.sqlite.events import SqliteEvents
from petstore.repository.sqlite.file import SqliteFile
from petstore.repository.sqlite.pets import SqlitePets
from petstore.repository.sqlite.quotas import SqliteQuotas


class SqliteStore(Store):
    """The promises of ``Store`` on one file.

    Args:
        path: the database file; it and its folder are created when missing.

    Raises:
        StoreUnavailable: here, and by every method, when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path)
        self._tally = Tally()
        self.pets = SqlitePets(self._file, self._tally)
        self.claims = SqliteClaims(self._file, self._tally)
        self.events = SqliteEvents(self._file, self._tally)
        self.quotas = SqliteQuotas(self._file, self._tally)

    @override
    def unreadable(self) -> Mapping[str, int]:
        return self._tally.counts()

    @override
    async def ping(self) -> None:
        self._file.read("SELECT id FROM pets LIMIT 1")
        await self._file.check_writable()

    @override
    async def close(self) -> None:
        await self._file.close()
