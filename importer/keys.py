"""Idempotency keys: which row of which import a pet was made from.

A key is the digest of the import's id, the row's content, and how many equal rows stand before it
in the file. So equal rows of one file are as many pets, and a row's key does not change when rows
before it are mended, added, sorted or taken out.

The import's id is the SHA-256 of the file, so its name and place do not matter. It is kept beside
the file, in ``FILE.import-id``, when the first import begins: a file that was mended afterwards
goes on with the import that it belongs to, and what was good is not made twice.

The API knows a key for 24 hours, and apart for each caller. After that a row makes a new pet.
"""

import hashlib
import json
import os
import re
import sqlite3
from pathlib import Path
from typing import Self

from importer.errors import BadFile, BrokenOff
from importer.new_file import create

_ID = re.compile(r"[0-9a-f]{64}")
_ID_LIMIT = 1_000  # bytes of the kept file that are looked at


class Keys:
    """Makes the keys of one pass over a file; call it with the rows in the file's order.

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
        """Give the key of the next row: 64 hexadecimal digits.

        Raises:
            BrokenOff: the temporary file cannot be written.
        """
        row = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
        named = json.dumps([self._import_id, row.hex(), self._times(row)])
        return hashlib.sha256(named.encode()).hexdigest()

    def _times(self, row: bytes) -> int:
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
    """Give the file that keeps the import's id of a file."""
    return path.with_name(path.name + ".import-id")


def import_id(path: Path, digest: str) -> str:
    """Give the id of the import that a file belongs to, and keep it.

    In a folder that cannot be written to it is not kept; then only an unchanged file goes on.

    Args:
        path: the file.
        digest: the SHA-256 of its content.

    Raises:
        BadFile: what was kept is not an id.
    """
    record = record_of(path)
    if record.exists():
        return _kept(record)
    part = record.with_name(record.name + ".part")
    try:
        with create(part) as file:
            file.write(f"{digest}\n".encode())
        os.replace(part, record)  # noqa: PTH105 - says best what happens
    except OSError:
        part.unlink(missing_ok=True)
    return digest


def _kept(record: Path) -> str:
    try:
        with record.open(encoding="ascii") as file:
            text = file.read(_ID_LIMIT).strip()
    except (OSError, ValueError) as error:
        raise BadFile(f"cannot read {record}: {error}") from None
    if not _ID.fullmatch(text):
        raise BadFile(f"{record} holds no import id; delete it to import the file anew")
    return text
