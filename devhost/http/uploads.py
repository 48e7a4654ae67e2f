"""Bodies of requests while they come in."""

import asyncio

from aiohttp import web

BODY_LIMIT = 104_857_600  # bytes; the real host's


class TooLargeError(Exception):
    """A body is over the limit."""


class Uploads:
    """Reads bodies, and knows which are still coming."""

    def __init__(self) -> None:
        self._end: float | None = None
        self._limits: set[asyncio.Timeout] = set()
        self._all_read = asyncio.Event()

    async def read(self, request: web.BaseRequest) -> bytes:
        """Read a request's body. A chunked one is discarded, as on the real host.

        Raises:
            TooLargeError: it has more bytes than the real host takes.
            TimeoutError: ``finish`` did not wait for it any longer.
            aiohttp.web_protocol.RequestPayloadError: its framing is not valid HTTP.
            ConnectionError: the client has gone.
        """
        async with asyncio.timeout_at(self._end) as limit:
            self._limits.add(limit)
            try:
                return await _read(request)
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


async def _read(request: web.BaseRequest) -> bytes:
    is_chunked = "transfer-encoding" in request.headers
    if not is_chunked and (request.content_length or 0) > BODY_LIMIT:
        raise TooLargeError
    if request.headers.get("expect", "").lower() == "100-continue" and request.body_exists:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    read = 0
    async for chunk in request.content.iter_any():
        read += len(chunk)
        if read > BODY_LIMIT:
            raise TooLargeError
        if not is_chunked:
            body += chunk
    return bytes(body)
