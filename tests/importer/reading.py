"""Rows out of a file's bytes."""

import hashlib
from pathlib import Path

from importer.row import Row
from importer.rows import read_rows
from importer.source import Source


def rows_of(folder: Path, content: bytes, name: str = "pets.csv") -> list[Row]:
    """Return the rows of a file with this content; it is read twice, as an import does."""
    path = folder / name
    path.write_bytes(content)
    with Source(path) as source:
        found = list(read_rows(source))
        assert source.position == source.size == len(content)
        assert source.digest == hashlib.sha256(content).hexdigest()
        assert list(read_rows(source)) == found
        assert source.digest == hashlib.sha256(content).hexdigest()
    return found
