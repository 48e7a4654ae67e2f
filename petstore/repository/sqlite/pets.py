"""Pets in SQLite."""

from collections.abc import Mapping
from typing import override

from petstore.limits import STATUSES, Status
from petstore.pet import Pet
from petstore.repository.documents import PET
from petstore.repository.port import Page, PetQuery, PetRepository
from petstore.repository.reading import Row, Tally, full_page
from petstore.repository.sqlite.file import SqliteFile
from petstore.repository.sqlite.table import Table

_COMPARED = (*PET.keys, "status", "owner_id")
# The filters, those that leave the fewest pets first: the first that is asked for leads the way
# through its index, the others are compared in that index.
_CONDITIONS = {
    "owner_id": "owner_id = :owner_id",
    "buyer_id": "buyer_id = :buyer_id",
    "tag": "EXISTS (SELECT 1 FROM pet_tags WHERE tag_key = :tag AND pet_id = pets.id)",
    "name_prefix": "name_key >= :name_prefix AND name_key < :name_end",
    "species": "species_key = :species",
    "status": "status = :status",
}
_INDEXES = {
    "owner_id": "pets INDEXED BY pets_by_owner",
    "buyer_id": "pets INDEXED BY pets_by_buyer",
    "tag": "pet_tags CROSS JOIN pets ON pets.id = pet_tags.pet_id",
    "name_prefix": "pets INDEXED BY pets_by_name",
    "species": "pets INDEXED BY pets_by_species",
    "status": "pets INDEXED BY pets_by_status",
}

_COUNT = "SELECT status, COUNT(*) FROM pets INDEXED BY pets_by_status GROUP BY status"


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

    @override
    async def count(self) -> Mapping[Status, int]:
        counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
        for status, number in await self._file.query(_COUNT):
            counts[status] = int(number)
        return {status: counts[status] for status in STATUSES}

    async def _find(self, query: PetQuery) -> list[Row[Pet]]:
        values = {**vars(query), "name_end": _end_of_prefix(query.name_prefix or "")}
        return await self._query(list_statement(query), values)


def list_statement(query: PetQuery) -> str:
    """Return the statement for a list: fixed texts only, every value is bound."""
    asked = [name for name in _CONDITIONS if getattr(query, name)]
    source = _INDEXES[asked[0]] if asked else "pets"
    conditions = [_CONDITIONS[name] for name in asked]
    column = "pets.id"
    if asked[:1] == ["tag"]:
        column, conditions[0] = "pet_tags.pet_id", "pet_tags.tag_key = :tag"
    if query.after is not None:
        conditions.append(f"{column} {'<' if query.newest_first else '>'} :after")
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    order = "DESC" if query.newest_first else "ASC"
    ids = f"SELECT {column} FROM {source} {where}ORDER BY {column} {order} LIMIT :limit"
    return f"SELECT id, document, version FROM pets WHERE id IN ({ids}) ORDER BY id {order}"


def _end_of_prefix(prefix: str) -> str:
    """Return the first text that sorts behind all that begin with a prefix."""
    kept = prefix.rstrip(chr(0x10FFFF))
    if not kept:
        return chr(0x10FFFF) * 200
    # UTF-8 has no surrogates, and sorts as code points do.
    following = 0xE000 if kept[-1] == chr(0xD7FF) else ord(kept[-1]) + 1
    return kept[:-1] + chr(following)
