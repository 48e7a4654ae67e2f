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
        # What is asked, oldest first, each with the loop's time at which its reply is late.
        self._asked: deque[tuple[float, asyncio.Future[Any]]] = deque()
        # One for all, since hardly any reply is late.
        self._timer: asyncio.TimerHandle | None = None
        # redis-py can only close a connection after it has sent all.
        self._transport = connection._writer.transport  # type: ignore[union-attr] # noqa: SLF001
        self.lifetime = lifetime
        self.ended = asyncio.ensure_future(self._read())

    async def ask(self, *command: Part, patience: float) -> Any:  # noqa: ANN401 - Redis's answer
        """Send a command and return the reply. Where it is late, the connection ends.

        Args:
            command: the command and its arguments.
            patience: how many seconds to wait for the reply.

        Raises:
            RedisError, OSError, TimeoutError: there is none, or it is an error.
        """
        if self.ended.done():
            raise ConnectionResetError("Redis closed the connection")
        reply = self._expect(patience)
        try:
            await self._send(command)
            return await reply
        except BaseException:
            if not reply.cancel() and not reply.cancelled():
                reply.exception()  # else it is logged as never retrieved
            raise

    def close(self) -> None:
        """Close the connection; what waits for a reply fails."""
        self.ended.cancel()

    def _expect(self, patience: float) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Any] = loop.create_future()
        deadline = loop.time() + patience
        self._asked.append((deadline, reply))
        self._look_at(deadline)
        return reply

    async def _send(self, command: tuple[Part, ...]) -> None:
        try:
            await self._connection.send_command(*command, check_health=False)
        except BaseException:
            self.close()  # nobody knows how much was sent
            raise

    def _look_at(self, deadline: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline, self._look)

    def _look(self) -> None:
        """End the connection if a reply is late; else look again when the next one would be."""
        self._timer = None
        self._give_up(asyncio.get_running_loop().time(), _TURNS)

    def _give_up(self, now: float, turns: int) -> None:
        """End the connection if a reply is late that is not in this process yet, unread.

        A loop that was busy is not the server's fault.
        """
        first = min((deadline for deadline, reply in self._asked if not reply.done()), default=None)
        if first is None:
            return
        if first > now:
            self._look_at(first)
        elif turns:
            asyncio.get_running_loop().call_soon(self._give_up, now, turns - 1)
        else:
            self._fail(TimeoutError("no reply in time"))
            self.close()

    async def _read(self) -> None:
        try:
            await self._hand_out()
        except Exception as error:  # noqa: BLE001 - whoever waits for a reply is told
            self._fail(error)
        finally:
            self._fail(ConnectionResetError("the connection to Redis was given up"))
            self._transport.abort()  # else whoever is still sending waits for a server that is gone
            await self._connection.disconnect(nowait=True)

    async def _hand_out(self) -> None:
        """Hand each reply to who asked for it."""
        from redis.exceptions import ResponseError

        while True:
            try:
                reply = await self._connection.read_response()
            except ResponseError as error:
                reply = error
            if not self._asked:
                raise ConnectionResetError("Redis answered what nobody asked")
            _, future = self._asked.popleft()
            if not future.done():  # else nobody waits for it any more
                _settle(future, reply)

    def _fail(self, error: Exception) -> None:
        while self._asked:
            _, future = self._asked.popleft()
            if not future.done():
                future.set_exception(error)


def _settle(future: asyncio.Future[Any], reply: object) -> None:
    if isinstance(reply, Exception):
        future.set_exception(reply)
    else:
        future.set_result(reply)


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
