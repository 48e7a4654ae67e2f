"""The connection to Redis: whoever asks is answered, or told in time that there is no answer."""

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from petstore.repository.cache.link import Link, open_link
from petstore.settings import read_settings
from tests.redis_server import RedisServer, redis_or_skip

_SOON = 0.01  # seconds
_NEVER = 600.0
_GREETING = b"%1\r\n+proto\r\n:3\r\n"
_MORE_THAN_SOCKETS_HOLD = b"x" * 50_000_000


@asynccontextmanager
async def _linked(url: str) -> AsyncIterator[Link]:
    settings = read_settings({"REDIS_URL": url}).cache
    assert settings is not None
    link = await open_link(settings, None)
    try:
        yield link
    finally:
        link.close()
        await asyncio.wait({link.ended})


@asynccontextmanager
async def _linked_to_nobody() -> AsyncIterator[Link]:
    """Connect to a server that greets, and from then on neither reads nor answers."""
    over = asyncio.Event()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(_GREETING)
        await over.wait()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        try:
            async with _linked(f"redis://127.0.0.1:{port}") as link:
                yield link
        finally:
            over.set()


async def test_what_cannot_be_sent_is_given_up_in_time() -> None:
    """Who cannot even send is told in time, and so is everybody who asks after them."""
    async with _linked_to_nobody() as link, asyncio.timeout(60):
        link._transport.write(_MORE_THAN_SOCKETS_HOLD)
        answers = await asyncio.gather(
            *(link.ask("PING", patience=one) for one in (_SOON, _SOON, _NEVER)),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [TimeoutError] * 3
        await asyncio.wait({link.ended})
        with pytest.raises(ConnectionResetError):
            await link.ask("PING", patience=_NEVER)


@pytest.mark.parametrize("patience", [(_NEVER, _SOON), (_SOON, _NEVER)])
async def test_the_least_patient_decides(patience: tuple[float, float]) -> None:
    """A reply that is late ends the connection, whatever else is waited for."""
    async with _linked_to_nobody() as link, asyncio.timeout(60):
        answers = await asyncio.gather(
            *(link.ask("PING", patience=one) for one in patience), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [TimeoutError] * 2


async def test_who_asks_later_is_told_later() -> None:
    """Where nobody waits any more for what is late, the next one's time counts."""
    async with _linked_to_nobody() as link, asyncio.timeout(60):
        given_up = asyncio.ensure_future(link.ask("PING", patience=_SOON))
        await asyncio.sleep(0)
        given_up.cancel()
        with pytest.raises(TimeoutError):
            await link.ask("PING", patience=2 * _SOON)


async def test_a_server_that_answers_no_more() -> None:
    """After replies that came in time, one that does not come is late all the same."""
    with redis_or_skip() as server:
        async with _linked(server.url) as link, asyncio.timeout(60):
            for _ in range(3):
                assert await link.ask("PING", patience=_NEVER) == b"PONG"
            server.freeze()
            try:
                with pytest.raises(TimeoutError):
                    await link.ask("PING", patience=_SOON)
            finally:
                server.thaw()


async def test_a_busy_loop_is_not_the_servers_fault(redis_server: RedisServer) -> None:
    """A reply that is there and could not be read in time is not late."""
    async with _linked(redis_server.url) as link:
        asked = asyncio.ensure_future(link.ask("PING", patience=0))
        await asyncio.sleep(0)
        assert select.select([link._transport.get_extra_info("socket")], [], [], 10)[0]
        assert await asked == b"PONG"
