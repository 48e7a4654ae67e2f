"""Bodies of requests while they come in."""

import asyncio
from collections.abc import Callable

from aiohttp import web

BODY_LIMIT = 104_857_600  # bytes; the real host's
# Kestrel's, which the real host keeps: after the grace a body comes with this rate, on average.
_SLOW_SECONDS = 5.0
_SLOWEST = 240  # bytes a second


class TooLargeError(Exception):
    """A body is over the limit."""


class Uploads:
    """Reads bodies, and knows which are still coming.

    Args:
        slow_seconds: how long a body may come as slowly as it likes.
    """

    def __init__(self, slow_seconds: float = _SLOW_SECONDS) -> None:
        self._slow_seconds = slow_seconds
        self._end: float | None = None
        self._limits: set[asyncio.Timeout] = set()
        self._all_read = asyncio.Event()

    async def read(self, request: web.BaseRequest) -> bytes:
        """Read a request's body. A chunked one is discarded, as on the real host.

        Raises:
            TooLargeError: it has more bytes than the real host takes.
            TimeoutError: it comes too slowly, or ``finish`` did not wait for it any longer.
            aiohttp.web_protocol.RequestPayloadError: its framing is not valid HTTP.
            ConnectionError: the client has gone.
        """
        begin = asyncio.get_running_loop().time()

        def extend(read: int) -> None:
            end = begin + max(self._slow_seconds, read / _SLOWEST)
            limit.reschedule(end if self._end is None else min(end, self._end))

        async with asyncio.timeout_at(self._end) as limit:
            self._limits.add(limit)
            try:
                extend(0)
                return await _read(request, extend)
            finally:
                self._limits.remove(limit)
                if not self._limits:
                    self._all_read.set()

    async def finish(self, seconds: float) -> None:
        """Wait for the bodies that are still coming; stop waiting after some seconds."""
        self._end = asyncio.get_running_loop().time() + seconds
        for limit in self._limits:
            limit.reschedule(self._end)
        if self._limits:
            self._all_read.clear()
            await self._all_read.wait()


async def _read(request: web.BaseRequest, on_progress: Callable[[int], None]) -> bytes:
    is_chunked = "transfer-encoding" in request.headers
    if not is_chunked and (request.content_length or 0) > BODY_LIMIT:
        raise TooLargeError
    if request.headers.get("expect", "").lower() == "100-continue" and request.body_exists:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    read = 0
    async for chunk in request.content.iter_any():
        read += len(chunk)
        on_progress(read)
        if read > BODY_LIMIT:
            raise TooLargeError
        if not is_chunked:
            body += chunk
    return bytes(body)
