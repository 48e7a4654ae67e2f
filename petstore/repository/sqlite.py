"""Pets in one SQLite file: the embedded store of a machine without Azure."""

import asyncio
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from petstore.errors import AlreadyExists, NotFound, PreconditionFailed, StoreUnavailable
from petstore.models import Pet, search_key
from petstore.repository import CLAIM_SECONDS, Claim, Page, PetQuery, Stored
from petstore.usage import timed

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
"""
_CONDITIONS = {
    "species": "species_key = :species",
    "status": "status = :status",
    "tag": "EXISTS (SELECT 1 FROM json_each(tag_keys) WHERE value = :tag)",
    "owner_id": "json_extract(pet, '$.owner_id') = :owner_id",
    "name_prefix": "substr(name_key, 1, length(:name_prefix)) = :name_prefix",
}
# How long a statement waits for another process that holds the file, in seconds.
_BUSY_TIMEOUT = 2.0
# How long a write waits for the writes before it, in seconds: all together stay within 5.
_TURN_TIMEOUT = 2.0


class SqlitePets:
    """The promises of ``PetRepository`` on one file.

    Reads run where they are called: they take microseconds, and in WAL mode nobody makes them
    wait. Writes wait for the disk, so they run in a thread of their own, one after another.

    Args:
        path: the database file; it and its folder are made when missing.
    """

    def __init__(self, path: Path) -> None:
        with _translated():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreUnavailable(f"cannot make {path.parent}: {error}") from error
            with ExitStack() as opened:
                self._writer = opened.enter_context(closing(_connect(path)))
                self._reader = opened.enter_context(closing(_connect(path)))
                opened.pop_all()
        self._writing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-writer")

    async def add(self, pet: Pet) -> Stored:
        """See ``PetRepository.add``."""
        return await self._write(lambda: self._insert(pet))

    async def get(self, pet_id: str) -> Stored:
        """See ``PetRepository.get``."""
        with _translated():
            row = self._reader.execute(
                "SELECT pet, version FROM pets WHERE id = ?", (pet_id,)
            ).fetchone()
        if row is None:
            raise NotFound(pet_id)
        return Stored(Pet.model_validate_json(row[0]), row[1])

    async def find(self, query: PetQuery) -> Page:
        """See ``PetRepository.find``."""
        with _translated():
            rows = self._reader.execute(
                _list_statement(query), {**vars(query), "limit": query.limit + 1}
            ).fetchall()
        pets = [Pet.model_validate_json(row[0]) for row in rows[: query.limit]]
        return Page(pets, has_more=len(rows) > query.limit)

    async def replace(self, pet: Pet, version: str | None = None) -> Stored:
        """See ``PetRepository.replace``."""
        return await self._write(lambda: self._update(pet, version))

    async def remove(self, pet_id: str, version: str | None = None) -> None:
        """See ``PetRepository.remove``."""
        await self._write(lambda: self._delete(pet_id, version))

    async def claim(self, claim: Claim) -> Claim:
        """See ``PetRepository.claim``."""
        return await self._write(lambda: self._insert_claim(claim))

    async def settle(self, claim: Claim) -> None:
        """See ``PetRepository.settle``."""
        await self._write(
            lambda: self._writer.execute(
                "UPDATE idempotency SET version = ? WHERE id = ?", (claim.version, claim.id)
            )
        )

    async def ping(self) -> None:
        """See ``PetRepository.ping``."""
        with _translated():
            self._reader.execute("SELECT id FROM pets LIMIT 1").fetchone()

    async def close(self) -> None:
        """See ``PetRepository.close``."""
        await asyncio.to_thread(self._writing.shutdown)
        self._reader.close()
        self._writer.close()

    async def _write[T](self, work: Callable[[], T]) -> T:
        # Shielded: a caller that goes away does not undo a write that has begun.
        loop = asyncio.get_running_loop()
        latest = loop.time() + _TURN_TIMEOUT

        def in_turn() -> T:
            if loop.time() > latest:
                raise StoreUnavailable("SQLite: the writes before this one take too long")
            return work()

        with _translated():
            return await asyncio.shield(loop.run_in_executor(self._writing, in_turn))

    def _insert(self, pet: Pet) -> Stored:
        row = _row(pet)
        try:
            self._writer.execute(
                "INSERT INTO pets VALUES (:id, :version, :pet, :species_key, :status, :name_key,"
                " :tag_keys)",
                row,
            )
        except sqlite3.IntegrityError:
            raise AlreadyExists(pet.id) from None
        return Stored(pet, row["version"])

    def _insert_claim(self, claim: Claim) -> Claim:
        now = time.time()
        self._writer.execute("DELETE FROM idempotency WHERE claimed_at < ?", (now - CLAIM_SECONDS,))
        self._writer.execute(
            "INSERT INTO idempotency VALUES (:id, :fingerprint, :pet_id, :version, :now)"
            " ON CONFLICT DO NOTHING",
            {**vars(claim), "now": now},
        )
        row = self._writer.execute(
            "SELECT id, fingerprint, pet_id, version FROM idempotency WHERE id = ?", (claim.id,)
        ).fetchone()
        return Claim(*row)

    def _update(self, pet: Pet, version: str | None) -> Stored:
        row = _row(pet)
        changed = self._writer.execute(
            "UPDATE pets SET version = :version, pet = :pet, species_key = :species_key,"
            " status = :status, name_key = :name_key, tag_keys = :tag_keys"
            " WHERE id = :id AND (:expected IS NULL OR version = :expected)",
            {**row, "expected": version},
        )
        self._check_changed(changed.rowcount, pet.id)
        return Stored(pet, row["version"])

    def _delete(self, pet_id: str, version: str | None) -> None:
        changed = self._writer.execute(
            "DELETE FROM pets WHERE id = :id AND (:expected IS NULL OR version = :expected)",
            {"id": pet_id, "expected": version},
        )
        self._check_changed(changed.rowcount, pet_id)

    def _check_changed(self, rows: int, pet_id: str) -> None:
        if rows:
            return
        if self._writer.execute("SELECT 1 FROM pets WHERE id = ?", (pet_id,)).fetchone():
            raise PreconditionFailed(pet_id)
        raise NotFound(pet_id)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_TIMEOUT, autocommit=True, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


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


@contextmanager
def _translated() -> Iterator[None]:
    try:
        with timed():
            yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"SQLite: {error}") from error
