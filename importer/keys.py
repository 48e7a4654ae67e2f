"""Idempotency keys: which row of which import a pet was created from.

A key is the digest of the import's id, the row's content, and how many equal rows precede it in the
file. So equal rows of one file are as many pets, and a row's key does not change when rows before
it are fixed, added, sorted or removed.

The import's id is the SHA-256 of the file, so its name and place do not matter. It is kept next to
the file, in ``FILE.import-id``, when the first import starts: a file that is fixed afterwards
continues the same import, and rows that were imported are not created twice.

The API remembers a key for 24 hours, separately for each caller. After that a row creates a new
pet.
"""

import hashlib
import json
import os
import re
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Self

from importer.errors import BadFile, BrokenOff
from importer.new_file import create

_ID = re.compile(r"[0-9a-f]{64}")
_ID_LIMIT = 1_000  # bytes of the kept file that are read


class RowKeys:
    """The keys of one pass over a file; ask for them in the order of the rows.

    Args:
        import_id: any text.
    """

    def __init__(self, import_id: str) -> None:
        self._import_id = import_id
        # The empty name means a temporary file, so that memory does not grow with the rows.
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("PRAGMA journal_mode = OFF")
        self._seen.execute("CREATE TABLE seen (row BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._seen.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._seen.close()

    def key(self, content: object) -> str:
        """Return the key of the next row: 64 hexadecimal digits.

        Raises:
            BrokenOff: the temporary file cannot be written.
        """
        row = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
        named = json.dumps([self._import_id, row.hex(), self._count(row)])
        return hashlib.sha256(named.encode()).hexdigest()

    def _count(self, row: bytes) -> int:
        try:
            found = self._seen.execute(
                "INSERT INTO seen VALUES (?, 1)"
                " ON CONFLICT (row) DO UPDATE SET times = times + 1 RETURNING times",
                (row,),
            ).fetchone()
        except sqlite3.Error as error:
            raise BrokenOff(f"cannot count equal rows in a temporary file: {error}") from None
        return int(found[0])


def record_of(path: Path) -> Path:
    """Return the path of the file that keeps the import's id."""
    return path.with_name(path.name + ".import-id")


def import_id(path: Path, digest: str) -> str:
    """Return the id of the import that a file belongs to, and keep it.

    It is not kept in a folder that is not writable; then only an unchanged file can continue.

    Args:
        path: the file.
        digest: the SHA-256 of its content.

    Raises:
        BadFile: the kept text is not an id.
    """
    record = record_of(path)
    if record.exists():
        return _read_id(record)
    part = record.with_name(record.name + ".part")
    try:
        with create(part) as file:
            file.write(f"{digest}\n".encode())
        os.replace(part, record)  # noqa: PTH105 - the clearest name
    except OSError:
        with suppress(OSError):
            part.unlink()
    return digest


def _read_id(record: Path) -> str:
    if not record.is_file():
        raise BadFile(f"{record} is not a regular file")
    try:
        with record.open(encoding="ascii") as file:
            text = file.read(_ID_LIMIT).strip()
    except (OSError, ValueError) as error:
        raise BadFile(f"cannot read {record}: {error}") from None
    if not _ID.fullmatch(text):
        raise BadFile(f"{record} does not hold an import id; delete it to import the file again")
    return text
