"""From a request on the wire to the message that a function is called with."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from devhost.http.responses import Response
from devhost.http.routing import resolve_dots
from devhost.worker.messages import Message, TypedData

_ESCAPES = re.compile("(?:%[0-9a-fA-F]{2})+")
# What ASP.NET leaves as it is in a path.
_PATH_SAFE = "/!$&'()*+,;=:@-._~%"


class BadRequest(ValueError):
    """A request that the real server refuses before any function is looked up."""


@dataclass(frozen=True)
class Request:
    """A request as it was received.

    Attributes:
        method: as sent.
        target: the request target as sent: path and query, or a whole URL.
        headers: names and values in the order sent.
        body: the whole body; empty for a chunked one, which the real host loses.
        peer: the address that it came from; empty when no other machine can have sent it.
    """

    method: str
    target: str
    headers: Iterable[tuple[str, str]] = ()
    body: bytes = b""
    peer: str = ""


type Handler = Callable[[Request], Awaitable[tuple[Response, str]]]


@dataclass(frozen=True)
class Parsed:
    """A request after parsing.

    Attributes:
        path: the decoded path. As in ASP.NET: %2F and escapes that are not UTF-8 stay as they are,
            and dot segments are resolved after decoding.
        query: the query as sent, with its question mark; empty where there is none.
        headers: as a function sees them: lower case, repeated ones joined.
    """

    path: str
    query: str
    headers: dict[str, str]


def parse(request: Request) -> Parsed:
    """Parse a request.

    Raises:
        BadRequest: path, query or a header holds a character that is not allowed there.
    """
    path, mark, query = _remove_authority(request.target).partition("?")
    if not path.isascii() or "%00" in path:
        raise BadRequest("The path holds a byte that is not allowed there.")
    if not query.isascii():
        raise BadRequest("The query holds a byte beyond ASCII.")
    decoded = _ESCAPES.sub(lambda run: _decode(run[0], keep_slash=True), path)
    return Parsed(resolve_dots(decoded), mark + query, _join_headers(request.headers))


def rpc_http(
    request: Request, parsed: Parsed, route_values: dict[str, str], host: str
) -> TypedData:
    """Build the message for an HTTP trigger.

    Args:
        request: the request.
        parsed: the same, parsed.
        route_values: the route's parameters.
        host: what the Host header names.
    """
    query = parsed.query.replace("#", "%23")
    http = Message(
        method=request.method.upper(),
        url=f"http://{host}{_encode_path(parsed.path)}{query}",
        headers=parsed.headers,
        body=TypedData(bytes=request.body or None),
        params=route_values,
        query=_read_query(parsed.query.removeprefix("?")),
    )
    return TypedData(http=http)


def _join_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        if not value.isascii():
            raise BadRequest("A header holds a byte beyond ASCII.")
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


def _remove_authority(target: str) -> str:
    if re.match("https?://", target, re.IGNORECASE):
        return "/" + target.partition("://")[2].partition("/")[2]
    return target


def _read_query(query: str) -> dict[str, str]:
    """Read a query as ASP.NET does, and drop what is empty as the host does.

    Names are compared without case, values of one name are joined, and the last spelling stays.
    """
    found: dict[str, tuple[str, list[str]]] = {}
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if not name and not equals:
            continue
        key = _unescape(name)
        values = found.pop(key.lower(), (key, []))[1]
        found[key.lower()] = (key, [*values, _unescape(value)])
    joined = {name: ",".join(filter(None, values)) for name, values in found.values()}
    return {name: value for name, value in joined.items() if value}


def _unescape(text: str) -> str:
    return _ESCAPES.sub(lambda run: _decode(run[0], keep_slash=False), text.replace("+", " "))


def _decode(escapes: str, *, keep_slash: bool) -> str:
    """Decode a run of escapes; those that are not UTF-8 stay as they were written."""
    text, rest = "", escapes
    slash = escapes[escapes.lower().find("%2f") :][:3] if keep_slash else "/"
    while rest:
        decoded, rest = _decode_one(rest)
        text += slash if decoded == "/" else decoded
    return text


def _decode_one(escapes: str) -> tuple[str, str]:
    for length in (1, 2, 3, 4):
        raw = bytes.fromhex(escapes[: 3 * length].replace("%", ""))
        try:
            return raw.decode(), escapes[3 * length :]
        except UnicodeDecodeError:
            continue
    return escapes[:3], escapes[3:]


def _encode_path(path: str) -> str:
    encoded = quote(path, safe=_PATH_SAFE)
    return re.sub("%(?![0-9a-fA-F]{2})", "%25", encoded)
