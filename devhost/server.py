"""The HTTP server: aiohttp's, on one port, until a signal comes."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import HttpVersion11, web
from aiohttp.http_parser import HttpRequestParserPy
from aiohttp.web_protocol import RequestHandler, RequestPayloadError

from devhost.host import Host
from devhost.http.requests import Request
from devhost.http.responses import Response

BODY_LIMIT = 104_857_600  # bytes; the real host's
_LINE_LIMIT = 8_192  # bytes of a request line
_HEADERS_LIMIT = 32_768  # bytes of all header lines
_HEADER_COUNT = 100
_GRACE = 30.0  # seconds for requests and calls under way


class PlainProtocol(RequestHandler):
    """aiohttp's protocol with its parser in Python, which takes every method, as the real host."""

    def __init__(self, manager: "PlainServer", loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(manager, loop=loop)
        self._parser = HttpRequestParserPy(
            self,
            loop,
            2**16,
            max_line_size=2 * _HEADERS_LIMIT,
            max_field_size=2 * _HEADERS_LIMIT,
            max_headers=4 * _HEADER_COUNT,
            payload_exception=RequestPayloadError,
            auto_decompress=False,
        )

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what cannot be read as the real server does: with a bare status, unlogged."""
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            bare = web.Response(status=status)
            bare.force_close()
            return bare
        return super().handle_error(request, status, exc, message)


class PlainServer(web.Server):
    """aiohttp's low-level server: no routes, no limits and no headers of its own."""

    def __call__(self) -> RequestHandler:
        """Make the protocol of a new connection."""
        return PlainProtocol(self, self._loop)


class TooLargeError(Exception):
    """A body is over the limit."""


def bind(name: str, port: int) -> socket.socket:
    """Take an address, without accepting connections yet.

    Args:
        name: the address to listen on.
        port: the port; 0 for any free one.

    Raises:
        OSError: the address cannot be had.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    taken = socket.socket(family, kind, protocol)
    # So that a restart does not wait for the connections of the last run.
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(address)
    except OSError:
        taken.close()
        raise
    return taken


def address_of(listener: socket.socket) -> str:
    """Give a socket's address as it stands in a URL."""
    name, port = listener.getsockname()[:2]
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


async def serve(host: Host, listener: socket.socket, on_start: Callable[[], None]) -> bool:
    """Serve and run the background until SIGINT or SIGTERM, then finish what is under way.

    A second signal ends the process at once.

    Args:
        host: what answers.
        listener: the bound socket; it is closed at the end.
        on_start: called once requests are accepted.

    Returns:
        Whether all of it ended in time; else a thread may still be busy with it.
    """
    loop = asyncio.get_running_loop()
    server = PlainServer(lambda request: _answer(host, request))
    listening = await loop.create_server(server, sock=listener)
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, stopping)
    host.background.start()
    on_start()
    await stopping.wait()
    host.background.stop()
    listening.close()
    server.pre_shutdown()
    begin = time.monotonic()
    await asyncio.gather(server.shutdown(_GRACE), host.background.finish(_GRACE))
    await host.background.close()
    return time.monotonic() - begin < _GRACE


def _stop(stopping: asyncio.Event) -> None:
    if stopping.is_set():
        # Not sys.exit: that waits for the threads of blocking handlers.
        os._exit(1)
    print("Stopping: requests under way are finished first.", flush=True)
    stopping.set()


async def _answer(host: Host, request: web.BaseRequest) -> web.StreamResponse:
    begin = time.perf_counter()
    try:
        response, function = await _handled(host, request)
    except TooLargeError:
        response, function = Response(413), "-"
    milliseconds = (time.perf_counter() - begin) * 1000
    target = request.raw_path.encode("ascii", "backslashreplace").decode()
    print(
        f"{time.strftime('%H:%M:%S')} {request.method} {target:.200} {response.status}"
        f" {milliseconds:.1f} ms {function}",
        flush=True,
    )
    return _sent(response)


async def _handled(host: Host, request: web.BaseRequest) -> tuple[Response, str]:
    if request.version > HttpVersion11:
        return Response(505), "-"
    if len(request.raw_path) + len(request.method) > _LINE_LIMIT:
        return Response(414), "-"
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers
    ]
    size = sum(len(name) + len(value) + 4 for name, value in headers)
    if len(headers) > _HEADER_COUNT or size > _HEADERS_LIMIT:
        return Response(431), "-"
    if "host" not in request.headers and request.version >= HttpVersion11:
        return Response(400), "-"
    body = await _body(request)
    kept = [(name, value) for name, value in headers if name.lower() != "connection"]
    return await host.handle(Request(request.method, request.raw_path, kept, body))


async def _body(request: web.BaseRequest) -> bytes:
    """Read the body. A chunked one is read and thrown away: the real host loses it too."""
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


def _sent(response: Response) -> web.Response:
    sent = web.Response(status=response.status, body=response.body or None)
    for name, value in response.headers:
        sent.headers.add(name, value)
    if response.status == web.HTTPRequestEntityTooLarge.status_code and not response.headers:
        # What is left of the body is not read.
        sent.force_close()
    return sent
