"""Pets in SQLite."""

from typing import override

from petstore.models import Pet
from petstore.repository.documents import PET
from petstore.repository.port import Page, PetQuery, PetRepository
from petstore.repository.reading import Row, Tally, full_page
from petstore.repository.sqlite.file import SqliteFile
from petstore.repository.sqlite.table import Table

_COMPARED = ("species_key", "name_key", "tag_keys", "status", "owner_id")
_CONDITIONS = {
    "species": "species_key = :species",
    "status": "status = :status",
    "tag": "EXISTS (SELECT 1 FROM json_each(tag_keys) WHERE value = :tag)",
    "owner_id": "owner_id = :owner_id",
    "name_prefix": "substr(name_key, 1, length(:name_prefix)) = :name_prefix",
}


class SqlitePets(Table[Pet], PetRepository):
    """The promises of ``PetRepository`` on one table.

    Args:
        file: the database.
        tally: where to count what cannot be read.
    """

    def __init__(self, file: SqliteFile, tally: Tally) -> None:
        super().__init__(file, "pets", PET, tally, compared=_COMPARED)

    @override
    async def find(self, query: PetQuery) -> Page[Pet]:
        return await full_page(query, self._find)

    async def _find(self, query: PetQuery) -> list[Row[Pet]]:
        return await self._query(_list_statement(query), vars(query))


def _list_statement(query: PetQuery) -> str:
    """Return the statement for a list: fixed texts only, every value is bound."""
    conditions = [sql for name, sql in _CONDITIONS.items() if getattr(query, name) is not None]
    if query.after is not None:
        conditions.append("id < :after" if query.newest_first else "id > :after")
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    order = "DESC" if query.newest_first else "ASC"
    return f"SELECT id, document, version FROM pets {where}ORDER BY id {order} LIMIT :limit"
