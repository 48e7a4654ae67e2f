"""Connections: aiohttp's low-level server, with the limits and the behaviour of the real one."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_parser import HttpRequestParserPy
from aiohttp.web_protocol import RequestHandler, RequestPayloadError

LINE_LIMIT = 8_192  # bytes of a request line
HEADERS_LIMIT = 32_768  # bytes of all header lines
HEADER_COUNT = 100
HEAD_SECONDS = 30.0  # for the request line and all headers
_IDLE_SECONDS = 130.0  # of a connection without a request
_LINGER_SECONDS = 5.0  # for a body that nobody reads, so that its sender sees the answer
_LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

type Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class _Parser(HttpRequestParserPy):
    """aiohttp's parser in Python, which takes every method, as the real host does."""

    @property
    def is_in_head(self) -> bool:
        """Whether a request has begun whose headers have not ended yet."""
        return self._payload_parser is None and bool(self._lines or self._tail)


class Connection(RequestHandler):
    """One connection.

    Args:
        manager: the server.
        loop: the running loop.
        head_seconds: how long a request's line and headers may take.
    """

    def __init__(
        self, manager: "Server", loop: asyncio.AbstractEventLoop, head_seconds: float
    ) -> None:
        super().__init__(
            manager, loop=loop, keepalive_timeout=_IDLE_SECONDS, lingering_time=_LINGER_SECONDS
        )
        self._parser: _Parser | None = _Parser(
            self,
            loop,
            2**16,
            # More than the real limits: a request above those gets its own status.
            max_line_size=2 * HEADERS_LIMIT,
            max_field_size=2 * HEADERS_LIMIT,
            max_headers=4 * HEADER_COUNT,
            payload_exception=RequestPayloadError,
            auto_decompress=False,
        )
        self._head_seconds = head_seconds
        self._head: tuple[int, asyncio.TimerHandle] | None = None

    def data_received(self, data: bytes) -> None:
        """Receive bytes; a request's first ones start the clock for its headers."""
        super().data_received(data)
        if self._head and not self._is_same_head(self._head[0]):
            self._head[1].cancel()
            self._head = None
        if self._head is None and self._parser and self._parser.is_in_head:
            timer = self._loop.call_later(self._head_seconds, self._refuse_late_head)
            self._head = (self._request_count, timer)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        if self._head:
            self._head[1].cancel()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer with a bare status, as the real server does; only a bug of ours is logged."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log_exception("%s %s: %s", request.method, request.path, message, exc_info=exc)
        bare = web.Response(status=status)
        bare.force_close()
        return bare

    def _is_same_head(self, count: int) -> bool:
        return self._parser is not None and self._parser.is_in_head and count == self._request_count

    def _refuse_late_head(self) -> None:
        if self._request_in_progress:
            # The answer to the request before it goes first.
            self.close()
            return
        if self.transport is not None:
            self.transport.write(_LATE)
        self.force_close()


class Server(web.Server):
    """aiohttp's low-level server: no routes, and no headers of its own.

    Args:
        handler: what answers a request.
        head_seconds: how long a request's line and headers may take.
    """

    def __init__(self, handler: Handler, head_seconds: float = HEAD_SECONDS) -> None:
        super().__init__(handler)
        self._head_seconds = head_seconds

    def __call__(self) -> RequestHandler:
        """Build the protocol of a new connection."""
        return Connection(self, self._loop, self._head_seconds)
