"""The import: reads rows, sends several requests at once, counts the results."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from importer.answers import Verdict
from importer.errors import BrokenOff, Interrupted, Unreachable
from importer.keys import RowKeys
from importer.progress import Progress
from importer.refused import RefusedRows
from importer.row import Row
from importer.rows import read_rows
from importer.sending import Sender
from importer.source import Source
from importer.totals import Totals


@dataclass(frozen=True)
class Options:
    """The options of an import.

    Attributes:
        url: where pets are posted.
        token: a bearer token, or an empty text.
        concurrency: the most requests at once.
        tries: the most attempts per row.
        timeout: seconds for one request.
    """

    url: str
    token: str
    concurrency: int
    tries: int
    timeout: float


async def run(
    source: Source, keys: RowKeys, refused: RefusedRows, totals: Totals, options: Options
) -> None:
    """Import a file.

    Raises:
        BrokenOff: it could not be finished; requests in flight were, and are counted.
        Interrupted: the user pressed Ctrl-C; the same holds.
    """
    async with _open_session(options) as session:
        sender = Sender(session, options.url, options.tries, totals)
        shared = _Work(read_rows(source), keys, sender, refused, totals)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, shared.interrupt)
        progress = Progress(source, totals, sys.stderr)
        showing = asyncio.create_task(progress.run())
        try:
            await asyncio.gather(*(shared.work() for _ in range(options.concurrency)))
        finally:
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing
            progress.end()
    if shared.failure:
        raise shared.failure


def _open_session(options: Options) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=options.concurrency),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Authorization": f"Bearer {options.token}"} if options.token else {},
        timeout=aiohttp.ClientTimeout(total=options.timeout),
    )


class _Work:
    """The state that workers share. They take rows from one iterator: no row waits in memory."""

    def __init__(
        self,
        rows: Iterator[Row],
        keys: RowKeys,
        sender: Sender,
        refused: RefusedRows,
        totals: Totals,
    ) -> None:
        self.failure: BrokenOff | None = None
        self._rows = rows
        self._keys = keys
        self._sender = sender
        self._refused = refused
        self._totals = totals

    async def work(self) -> None:
        """Import rows until none are left or the import is stopped."""
        try:
            for row in self._rows:
                if self._sender.stopping.is_set():
                    return
                await self._import(row)
        except BrokenOff as error:
            self._stop(error)

    def interrupt(self) -> None:
        """Finish the requests in flight and stop; a second Ctrl-C ends the process at once."""
        self._stop(Interrupted())
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    def _stop(self, reason: BrokenOff) -> None:
        self.failure = self.failure or reason
        self._sender.stopping.set()

    async def _import(self, row: Row) -> None:
        if row.problem:
            self._refuse(row, None, row.problem)
            await asyncio.sleep(0)  # lets Ctrl-C and progress run
            return
        try:
            answer = await self._sender.send(row.content, self._keys.key(row.content))
        except (Interrupted, Unreachable):
            raise
        except BrokenOff as error:
            raise BrokenOff(f"the row at line {row.line}: {error}") from None
        match answer.verdict:
            case Verdict.CREATED:
                self._totals.created += 1
            case Verdict.REPLAYED:
                self._totals.existing += 1
            case _:
                self._refuse(row, answer.status, answer.reason)

    def _refuse(self, row: Row, status: int | None, reason: str) -> None:
        self._refused.add(row, status, reason)
        self._totals.refused += 1
