"""One SQLite file: who reads and writes where, and what goes wrong with it."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from petstore.errors import StoreUnavailable
from petstore.repository.sqlite import schema
from petstore.repository.sqlite.opening import add_remedy, check_tables
from petstore.repository.sqlite.private import keep_private
from petstore.usage import timed

# How long a statement waits for another process that holds the file, in seconds.
_BUSY_TIMEOUT = 2.0
# How long a write waits for the writes before it, in seconds: all together stay within 5.
_TURN_TIMEOUT = 2.0


class SqliteFile:
    """A database file in WAL mode.

    Reads of single rows run where they are called: they take microseconds, and in WAL mode nobody
    makes them wait. Queries for many rows run in a thread of their own, one after another, so that
    a slow one holds up nothing else. So do writes, which may wait for the disk or another process.

    Args:
        path: the file; it, its folder and the tables are created when missing, for the user alone.

    Raises:
        StoreUnavailable: here, and by every method, when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        with add_remedy(path), _translate_errors():
            try:
                keep_private(path)
            except OSError as error:
                raise StoreUnavailable(f"cannot create {path.parent}: {error}") from error
            with ExitStack() as opened:
                self._writer = opened.enter_context(closing(_connect(path)))
                _prepare(self._writer)
                self._reader = opened.enter_context(closing(_connect(path)))
                self._searcher = opened.enter_context(closing(_connect(path)))
                opened.pop_all()
        self._writing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-writer")
        self._searching = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-searcher")

    def read(self, statement: str, values: object = ()) -> list[tuple[str, ...]]:
        """Return the rows of a query for a single item."""
        with _translate_errors():
            return self._reader.execute(statement, values).fetchall()  # type: ignore[arg-type]

    async def query(self, statement: str, values: object = ()) -> list[tuple[str, ...]]:
        """Return the rows of a query for many items, when those before it are done."""

        def search() -> list[tuple[str, ...]]:
            return self._searcher.execute(statement, values).fetchall()  # type: ignore[arg-type]

        return await _run_in_turn(self._searching, search)

    async def write[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Let some work write, when those before it are done; return what it returns.

        Shielded: a caller that goes away does not undo a write that has begun.
        """
        return await _run_in_turn(self._writing, lambda: work(self._writer))

    async def check_writable(self) -> None:
        """Write a page that changes nothing; StoreUnavailable where the file takes no writes."""
        await self.write(_write_version)

    async def close(self) -> None:
        """Finish what is being written, and close the file."""
        await asyncio.to_thread(self._writing.shutdown)
        await asyncio.to_thread(self._searching.shutdown)
        self._searcher.close()
        self._reader.close()
        self._writer.close()


async def _run_in_turn[T](executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    loop = asyncio.get_running_loop()
    latest = loop.time() + _TURN_TIMEOUT

    def run() -> T:
        if loop.time() > latest:
            raise StoreUnavailable("SQLite: the calls before this one take too long")
        return work()

    with _translate_errors():
        return await asyncio.shield(loop.run_in_executor(executor, run))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_TIMEOUT, autocommit=True, check_same_thread=False
    )
    try:
        check_tables(connection)  # before anything is written
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except (sqlite3.Error, StoreUnavailable):
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Create the tables, or bring those of an older release up to date, in one transaction."""
    if _version(connection) == len(schema.STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _upgrade(connection)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _upgrade(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version > len(schema.STEPS):
        raise StoreUnavailable(f"SQLite: the file was written by a newer release ({version})")
    for step in schema.STEPS[version:]:  # none where another process was faster
        connection.executescript(step)
    _write_version(connection)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _write_version(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA user_version = {len(schema.STEPS):d}")


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        with timed():
            yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"SQLite: {error}") from error
