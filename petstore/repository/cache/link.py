"""One connection to Redis, which all calls of a process share.

The replies come in the order of the commands, so that no call waits for another's reply. The
client is redis-py, imported when the cache is used first.
"""

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from petstore.cache_settings import CacheSettings

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from redis.asyncio.connection import Connection

_SCOPE = "https://redis.azure.com/.default"
# A connection ends with the token that it was made with; it is replaced that many seconds before.
_SPARE = 200
_SHORTEST = 30  # seconds between two connections
_TURNS = 4  # of the loop, from a readable socket to the reply

type Part = str | bytes | int


class Link:
    """A connection that is open.

    Args:
        connection: the connection, of redis-py.
        lifetime: after how many seconds it must be replaced; None for never.

    Attributes:
        lifetime: the same.
        ended: done when the connection is closed, by either side.
    """

    def __init__(self, connection: "Connection", lifetime: float | None) -> None:
        self._connection = connection
        self._replies: deque[asyncio.Future[Any]] = deque()
        self.lifetime = lifetime
        self.ended = asyncio.ensure_future(self._read())

    async def ask(self, *command: Part, patience: float) -> Any:  # noqa: ANN401 - Redis's answer
        """Send a command and return the reply.

        Args:
            command: the command and its arguments.
            patience: how many seconds to wait for the reply; half of that again for sending.

        Raises:
            RedisError, OSError, TimeoutError: there is none, or it is an error.
        """
        if self.ended.done():
            raise ConnectionResetError("Redis closed the connection")
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Any] = loop.create_future()
        timer = loop.call_later(patience, _give_up, reply, _TURNS)
        try:
            await self._send(reply, command, patience)
            return await reply
        finally:
            timer.cancel()
            if not reply.cancel() and not reply.cancelled():
                reply.exception()  # else it is logged as never retrieved

    async def _send(
        self, reply: asyncio.Future[Any], command: tuple[Part, ...], patience: float
    ) -> None:
        self._replies.append(reply)
        try:
            async with asyncio.timeout(patience * 1.5):
                await self._connection.send_command(*command, check_health=False)
        except BaseException:
            self.close()  # nobody knows how much was sent
            raise

    def close(self) -> None:
        """Close the connection; what waits for a reply fails."""
        self.ended.cancel()

    async def _read(self) -> None:
        try:
            while True:
                reply, error = await self._next()
                self._hand_out(reply, error)
        except Exception as error:  # noqa: BLE001 - whoever waits for a reply is told
            self._fail(error)
        finally:
            self._fail(ConnectionResetError("the connection to Redis was given up"))
            await self._connection.disconnect(nowait=True)

    def _hand_out(self, reply: object, error: Exception | None) -> None:
        if not self._replies:
            raise ConnectionResetError("Redis answered what nobody asked")
        future = self._replies.popleft()
        if future.done():  # nobody waits for it any more
            return
        if error is None:
            future.set_result(reply)
        else:
            future.set_exception(error)

    async def _next(self) -> tuple[Any, Exception | None]:
        from redis.exceptions import ResponseError

        try:
            return await self._connection.read_response(), None
        except ResponseError as error:
            return None, error

    def _fail(self, error: Exception) -> None:
        while self._replies:
            future = self._replies.popleft()
            if not future.done():
                future.set_exception(error)


def _give_up(reply: asyncio.Future[Any], turns: int) -> None:
    """Let a reply fail, unless it is in this process already and only waits to be read.

    A loop that was busy is not the server's fault.
    """
    if reply.done():
        return
    if turns:
        asyncio.get_running_loop().call_soon(_give_up, reply, turns - 1)
    else:
        reply.set_exception(TimeoutError("no reply in time"))


async def open_link(settings: CacheSettings, credential: "AsyncTokenCredential | None") -> Link:
    """Connect and log in; RedisError, OSError, or what the credential raises.

    Args:
        settings: where to, and as who.
        credential: what gets tokens where the settings have a user and no password.
    """
    from redis.asyncio.connection import Connection, SSLConnection
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    password, lifetime = settings.password, None
    if credential is not None:
        token = await credential.get_token(_SCOPE)
        password = token.token
        lifetime = max(_SHORTEST, token.expires_on - time.time() - _SPARE)
    connection = (SSLConnection if settings.tls else Connection)(
        host=settings.host,
        port=settings.port,
        username=settings.user,
        password=password,
        db=settings.database,
        protocol=3,
        # Whoever asks says how long it may take; the library alone would try for seconds.
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=None,
        driver_info=None,  # else each connection begins with two more commands
    )
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    link = Link(connection, lifetime)
    try:
        await asyncio.sleep(0)  # it reads from now on, and closes the connection when it ends
    except BaseException:
        link.close()
        raise
    return link


def import_client() -> None:
    """Import what connecting needs."""
    from redis.asyncio.connection import Connection  # noqa: F401
