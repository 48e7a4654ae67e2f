"""Pets in one SQLite file: the embedded store of a machine without Azure."""

import json
import secrets
import sqlite3
import time
from pathlib import Path

from petstore.errors import AlreadyExists, NotFound, VersionConflict
from petstore.models import Pet, search_key
from petstore.repository import CLAIM_SECONDS, Claim, Page, PetQuery, Stored
from petstore.repository.sqlite_events import EVENTS_SCHEMA, SqliteEvents
from petstore.repository.sqlite_file import SqliteFile

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pets (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    pet TEXT NOT NULL,          -- the whole pet as JSON
    species_key TEXT NOT NULL,
    status TEXT NOT NULL,
    name_key TEXT NOT NULL,
    tag_keys TEXT NOT NULL      -- a JSON array
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS idempotency (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    pet_id TEXT NOT NULL,
    version TEXT,
    claimed_at REAL NOT NULL    -- seconds since 1970
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS idempotency_claimed ON idempotency (claimed_at);
"""
_CONDITIONS = {
    "species": "species_key = :species",
    "status": "status = :status",
    "tag": "EXISTS (SELECT 1 FROM json_each(tag_keys) WHERE value = :tag)",
    "owner_id": "json_extract(pet, '$.owner_id') = :owner_id",
    "name_prefix": "substr(name_key, 1, length(:name_prefix)) = :name_prefix",
}


class SqlitePets:
    """The promises of ``PetRepository`` on one file.

    Args:
        path: the database file; it and its folder are made when missing.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, _SCHEMA + EVENTS_SCHEMA)
        self.events = SqliteEvents(self._file)

    async def add(self, pet: Pet) -> Stored:
        """See ``PetRepository.add``."""
        return await self._file.write(lambda file: _insert(file, pet))

    async def get(self, pet_id: str) -> Stored:
        """See ``PetRepository.get``."""
        rows = self._file.read("SELECT pet, version FROM pets WHERE id = ?", (pet_id,))
        if not rows:
            raise NotFound(pet_id)
        pet, version = rows[0]
        return Stored(Pet.model_validate_json(pet), version)

    async def find(self, query: PetQuery) -> Page:
        """See ``PetRepository.find``."""
        rows = self._file.read(_list_statement(query), {**vars(query), "limit": query.limit + 1})
        pets = [Pet.model_validate_json(row[0]) for row in rows[: query.limit]]
        return Page(pets, has_more=len(rows) > query.limit)

    async def replace(self, pet: Pet, version: str | None = None) -> Stored:
        """See ``PetRepository.replace``."""
        return await self._file.write(lambda file: _update(file, pet, version))

    async def remove(self, pet_id: str, version: str | None = None) -> None:
        """See ``PetRepository.remove``."""
        await self._file.write(lambda file: _delete(file, pet_id, version))

    async def claim(self, claim: Claim) -> Claim:
        """See ``PetRepository.claim``."""
        return await self._file.write(lambda file: _insert_claim(file, claim))

    async def settle(self, claim: Claim) -> None:
        """See ``PetRepository.settle``."""
        await self._file.write(
            lambda file: file.execute(
                "UPDATE idempotency SET version = ? WHERE id = ?", (claim.version, claim.id)
            )
        )

    async def ping(self) -> None:
        """See ``PetRepository.ping``."""
        self._file.read("SELECT id FROM pets LIMIT 1")

    async def close(self) -> None:
        """See ``PetRepository.close``."""
        await self._file.close()


def _insert(file: sqlite3.Connection, pet: Pet) -> Stored:
    row = _row(pet)
    try:
        file.execute(
            "INSERT INTO pets VALUES (:id, :version, :pet, :species_key, :status, :name_key,"
            " :tag_keys)",
            row,
        )
    except sqlite3.IntegrityError:
        raise AlreadyExists(pet.id) from None
    return Stored(pet, row["version"])


def _insert_claim(file: sqlite3.Connection, claim: Claim) -> Claim:
    now = time.time()
    file.execute("DELETE FROM idempotency WHERE claimed_at < ?", (now - CLAIM_SECONDS,))
    file.execute(
        "INSERT INTO idempotency VALUES (:id, :fingerprint, :pet_id, :version, :now)"
        " ON CONFLICT DO NOTHING",
        {**vars(claim), "now": now},
    )
    row = file.execute(
        "SELECT id, fingerprint, pet_id, version FROM idempotency WHERE id = ?", (claim.id,)
    ).fetchone()
    return Claim(*row)


def _update(file: sqlite3.Connection, pet: Pet, version: str | None) -> Stored:
    row = _row(pet)
    changed = file.execute(
        "UPDATE pets SET version = :version, pet = :pet, species_key = :species_key,"
        " status = :status, name_key = :name_key, tag_keys = :tag_keys"
        " WHERE id = :id AND (:expected IS NULL OR version = :expected)",
        {**row, "expected": version},
    )
    _check_changed(file, changed.rowcount, pet.id)
    return Stored(pet, row["version"])


def _delete(file: sqlite3.Connection, pet_id: str, version: str | None) -> None:
    changed = file.execute(
        "DELETE FROM pets WHERE id = :id AND (:expected IS NULL OR version = :expected)",
        {"id": pet_id, "expected": version},
    )
    _check_changed(file, changed.rowcount, pet_id)


def _check_changed(file: sqlite3.Connection, rows: int, pet_id: str) -> None:
    if rows:
        return
    if file.execute("SELECT 1 FROM pets WHERE id = ?", (pet_id,)).fetchone():
        raise VersionConflict(pet_id)
    raise NotFound(pet_id)


def _row(pet: Pet) -> dict[str, str]:
    return {
        "id": pet.id,
        "version": secrets.token_hex(8),
        "pet": pet.model_dump_json(),
        "species_key": search_key(pet.species),
        "status": pet.status,
        "name_key": search_key(pet.name),
        "tag_keys": json.dumps([search_key(tag) for tag in pet.tags]),
    }


def _list_statement(query: PetQuery) -> str:
    conditions = [sql for name, sql in _CONDITIONS.items() if getattr(query, name) is not None]
    if query.after is not None:
        conditions.append("id < :after" if query.newest_first else "id > :after")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "DESC" if query.newest_first else "ASC"
    # Only the fixed texts above are put together here; every value is bound.
    return f"SELECT pet FROM pets{where} ORDER BY id {order} LIMIT :limit"  # noqa: S608
