"""Asks Redis while it answers in time, and leaves it alone while it does not.

A command that fails or takes too long opens the breaker: from then on no request waits for Redis.
A task of its own connects again, drops what writes left behind meanwhile, and closes the breaker.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from petstore.repository.cache.link import Link, Part
from petstore.repository.cache.owed import Owed
from petstore.repository.cache.values import TOMBSTONE

# Seconds for one command. A read and a write send two at most.
PATIENCE = 0.025
PAUSE = 1.0  # seconds between two attempts to connect
_CONNECTING = 2.0  # seconds for connecting and logging in, which no request waits for
_LAST_REPLIES = 0.1  # seconds for those that are under way on a connection that is replaced
_SETTLING = 5.0  # seconds for dropping a batch of what is owed
# Longer than any read or write of the store takes, and than a region's replicas lag.
HELD_MS = 10_000
_BATCH = 500
_PROBE = "petstore:probe"

_log = logging.getLogger("petstore")


class Away(Exception):
    """The cache is not asked now, or did not answer in time."""


class WrongType(Exception):
    """The key holds what no release of ours puts there."""


class Breaker:
    """The way to Redis.

    Args:
        connect: opens a connection.
        seconds: how long a value can live.
    """

    def __init__(self, connect: Callable[[], Awaitable[Link]], seconds: float) -> None:
        self._connect = connect
        self._owed = Owed(seconds + HELD_MS / 1000)
        self._link: Link | None = None
        self._open: set[Link] = set()
        self._linked = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._is_away = False
        self._notice = ""

    def start(self) -> None:
        """Begin to connect; return at once."""
        if self._keeper is None:
            # In no request's context: it outlives them.
            self._keeper = asyncio.get_running_loop().create_task(
                self._keep(), context=contextvars.Context()
            )

    async def linked(self) -> None:
        """Wait until the cache is asked."""
        self.start()
        await self._linked.wait()

    async def ask(self, *command: Part) -> Any:  # noqa: ANN401 - whatever Redis answers
        """Send a command and return the reply.

        Raises:
            Away: there is no reply in time.
            WrongType: the key holds another kind of value.
        """
        self.start()
        self._report()
        link = self._link
        if link is None:
            raise Away
        try:
            return await link.ask(*command, patience=PATIENCE)
        except Exception as error:
            if str(error).startswith("WRONGTYPE"):
                raise WrongType from error
            self._lose(link, error)
            raise Away from error

    async def drop(self, key: str) -> None:
        """Put a tombstone in place of a value, now or as soon as Redis answers again."""
        self.start()
        self._report()
        mark = self._owed.add(key)
        link = self._link
        if link is None:
            return
        try:
            await _bury(link, key, PATIENCE)
        except BaseException as error:
            self._lose(link, error)
            if not isinstance(error, Exception):
                raise
        else:
            self._owed.remove(key, mark)

    async def close(self) -> None:
        """Close the connection; the next call opens it again."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait({keeper})
        self._forget()
        for link in self._open:
            link.close()
        if self._open:
            await asyncio.wait({link.ended for link in self._open})

    async def _keep(self) -> None:
        """Hold a connection: replace one that ended, and one whose token is about to end."""
        while True:
            link = await self._new_link()
            former, self._link = self._link, link
            self._linked.set()
            self._is_back()
            if former is not None:
                await asyncio.sleep(_LAST_REPLIES)
                former.close()
            await asyncio.wait({link.ended}, timeout=link.lifetime)
            if link.ended.done():
                self._forget()

    async def _new_link(self) -> Link:
        while True:
            try:
                return await self._try()
            except Exception as error:  # noqa: BLE001 - whatever it is, a request must not fail of it
                self._note(error)
                await asyncio.sleep(PAUSE)

    async def _try(self) -> Link:
        """Return a connection that answers in time and from which nothing old can be read."""
        if self._owed.blind_seconds:
            raise Away("too many pets changed while Redis did not answer")
        async with asyncio.timeout(_CONNECTING):
            link = await self._connect()
        self._open.add(link)
        link.ended.add_done_callback(lambda _: self._open.discard(link))
        try:
            await self._settle(link)
            # A write, since a full server still answers other commands.
            await link.ask("SET", _PROBE, "", "PX", 1, patience=PATIENCE)
            await self._settle(link)
        except BaseException:
            link.close()
            raise
        return link

    async def _settle(self, link: Link) -> None:
        while batch := self._owed.marked(_BATCH):
            await asyncio.gather(*(_bury(link, key, _SETTLING) for key, _ in batch))
            for key, mark in batch:
                self._owed.remove(key, mark)

    def _lose(self, link: Link, error: BaseException) -> None:
        """Open the breaker: nothing is read before what is owed is dropped."""
        for one in {link, self._link or link}:
            one.close()
        self._forget()
        self._note(error)
        self._report()

    def _forget(self) -> None:
        self._link = None
        self._linked.clear()

    def _note(self, error: BaseException) -> None:
        if not self._is_away:
            self._is_away = True
            why = " ".join(f"{type(error).__name__}: {error}".split())[:200].removesuffix(": ")
            self._notice = f"the cache does not answer, pets are read from the store: {why}"

    def _is_back(self) -> None:
        if self._is_away:
            self._is_away = False
            self._notice = "the cache answers again"

    def _report(self) -> None:
        """Log what happened; within a request, since the Functions host drops the rest."""
        if self._notice:
            _log.warning("%s", self._notice)
            self._notice = ""


async def _bury(link: Link, key: str, patience: float) -> None:
    from redis.exceptions import ResponseError

    try:
        await link.ask("SET", key, TOMBSTONE, "PX", HELD_MS, patience=patience)
    except ResponseError:
        # A full server takes nothing more. What reads the store now loses its lease all the same.
        await link.ask("DEL", key, patience=patience)
