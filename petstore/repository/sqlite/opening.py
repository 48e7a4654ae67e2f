"""What is wrong with a file that cannot be opened as a store, and what to do about it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from petstore.errors import StoreUnavailable

_REMEDY = "Move it away, or name another file in PETSTORE_SQLITE_PATH"
_TABLES = {"pets", "events"}  # of every release


@contextmanager
def add_remedy(path: Path) -> Iterator[None]:
    """Add the file and a remedy to what StoreUnavailable says."""
    try:
        yield
    except StoreUnavailable as error:
        raise StoreUnavailable(f"{path.absolute()} {_describe(path, error)}") from error


def check_tables(connection: sqlite3.Connection) -> None:
    """Raise StoreUnavailable where a file has tables, but not those of a store."""
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    tables = {name for (name,) in rows}
    if tables and not tables >= _TABLES:
        raise StoreUnavailable("it is a SQLite file of another program")


def _describe(path: Path, error: StoreUnavailable) -> str:
    if path.is_dir():
        return f"is a folder, where the store's file should be. {_REMEDY}"
    if getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
        return f"is in use by another process: {error}. End it, or try again"
    return f"cannot be opened: {error}. {_REMEDY}"
