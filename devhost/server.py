"""The HTTP server: aiohttp's, on one port, until a signal comes."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable

from aiohttp import HttpVersion11, web
from aiohttp.web_protocol import RequestPayloadError

from devhost import log
from devhost.http.connections import HEADER_COUNT, HEADERS_LIMIT, LINE_LIMIT, Server
from devhost.http.requests import Handler, Request
from devhost.http.responses import Response
from devhost.http.uploads import TooLargeError, Uploads
from devhost.live_app import LiveApp

_GRACE = 30.0  # seconds for requests and calls under way
_UPLOAD_GRACE = 2.0  # seconds for bodies that are still coming; no function has begun on them
# Our own answers to requests whose body was not read to its end.
_UNREAD = {400, 408, 413}
_INCOMPLETE = Response(400)


def bind(name: str, port: int) -> socket.socket:
    """Bind a socket to an address, without accepting connections yet.

    Args:
        name: the address to listen on.
        port: the port; 0 for any free one.

    Raises:
        OSError: the address is not available.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    # A restart need not wait for the connections of the last run. On Windows SO_REUSEADDR would
    # let two programs listen on one port.
    option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
    listener.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """Return a socket's address as part of a URL."""
    name, port = listener.getsockname()[:2]
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


async def serve(app: LiveApp, listener: socket.socket, on_start: Callable[[], None]) -> bool:
    """Serve and run the background until SIGINT or SIGTERM, then finish what is under way.

    A second signal ends the process at once.

    Args:
        app: answers requests, and runs what no request starts.
        listener: the bound socket; it is closed at the end.
        on_start: called once requests are accepted.

    Returns:
        Whether all of it ended in time. If not, calls were ended.
    """
    loop = asyncio.get_running_loop()
    uploads = Uploads()
    server = Server(lambda request: _answer(app.handle, uploads, request))
    listening = await loop.create_server(server, sock=listener)
    stopping = asyncio.Event()
    _on_signals(loop, lambda: _stop(stopping))
    app.start()
    on_start()
    await stopping.wait()
    app.stop()
    listening.close()
    begin = time.monotonic()
    await uploads.finish(_UPLOAD_GRACE)
    server.pre_shutdown()
    await asyncio.gather(server.shutdown(_GRACE), app.finish(_GRACE))
    return time.monotonic() - begin < _GRACE


def _on_signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def _stop(stopping: asyncio.Event) -> None:
    if stopping.is_set():
        # Not sys.exit: that waits for the threads of blocking handlers.
        os._exit(1)
    log.print_event("Stopping: requests under way are finished first.")
    stopping.set()


async def _answer(
    handle: Handler, uploads: Uploads, request: web.BaseRequest
) -> web.StreamResponse:
    begin = time.perf_counter()
    response, function = await _read_and_handle(handle, uploads, request)
    milliseconds = (time.perf_counter() - begin) * 1000
    status = response.status if response else None
    log.print_request(request.method, request.raw_path, status, milliseconds, function)
    message = _aiohttp_response(response or _INCOMPLETE)
    if response and response.is_cut_off:
        await message.prepare(request)
        await message.write_eof()
        if request.transport is not None:
            request.transport.close()
    return message


async def _read_and_handle(
    handle: Handler, uploads: Uploads, request: web.BaseRequest
) -> tuple[Response | None, str]:
    """Read a request and answer it; None where its client has left meanwhile."""
    try:
        if status := _refusal(request):
            return Response(status), "-"
        body = await uploads.read(request)
    except TooLargeError:
        return Response(413), "-"
    except TimeoutError:
        return Response(408), "-"
    except RequestPayloadError:
        return Response(400), "-"
    except ConnectionError:
        return None, "- (the client left before its request was complete)"
    headers = [(name, value) for name, value in _headers(request) if name.lower() != "connection"]
    peer = request.remote or ""
    return await handle(Request(request.method, request.raw_path, headers, body, peer))


def _refusal(request: web.BaseRequest) -> int | None:
    """Return the status with which the real server refuses a request before any function."""
    if request.version > HttpVersion11:
        return 505
    if len(request.raw_path) + len(request.method) > LINE_LIMIT:
        return 414
    headers = _headers(request)
    size = sum(len(name) + len(value) + 4 for name, value in headers)
    if len(headers) > HEADER_COUNT or size > HEADERS_LIMIT:
        return 431
    if "host" not in request.headers and request.version >= HttpVersion11:
        return 400
    return None


def _headers(request: web.BaseRequest) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers
    ]


def _aiohttp_response(response: Response) -> web.Response:
    message = web.Response(status=response.status, body=response.body or None)
    for name, value in response.headers:
        message.headers.add(name, value)
    if response.status in _UNREAD and not response.headers:
        # The rest of the body is not read.
        message.force_close()
    return message
