"""From what a function returned to the response on the wire."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from devhost.worker.messages import Message, TypedData

_BARE = {204, 205, 304}
_TEXT = "text/plain; charset=utf-8"
_LENGTH = "content-length"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2
_PRINTABLE = {*map(chr, range(0x20, 0x7F)), "\t"}


@dataclass(frozen=True)
class Response:
    """A response.

    Attributes:
        status: the status code.
        headers: names and values in the order sent, without those that the server adds.
        body: the body.
        is_cut_off: whether a longer body was promised, so that the connection breaks behind it.
    """

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    is_cut_off: bool = False


class UnsendableError(ValueError):
    """The function returned what the real host cannot send; it answers 500 without a body.

    Attributes:
        headers: what the 500 has of the answer's headers.
    """

    def __init__(self, reason: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(reason)
        self.headers = list(headers)


def response_of(returned: TypedData | None, *, is_head: bool = False) -> Response:
    """Build the response.

    Args:
        returned: what the function returned.
        is_head: whether it is for a HEAD request, whose body is not sent.

    Raises:
        UnsendableError: with the reason.
    """
    kind = returned.WhichOneof("data") if returned else None
    if returned is None or kind is None:
        raise UnsendableError("the function returned nothing")
    if kind == "http":
        return _from_http(returned.value, is_head=is_head)
    if kind == "string":
        return _from_text(returned.value)
    raise UnsendableError(f"the function returned {kind}; return an HttpResponse")


def _from_http(http: Message, *, is_head: bool) -> Response:
    status = int(http.status_code)
    pairs = [*http.headers.items(), *(("Set-Cookie", _cookie(c)) for c in http.cookies or ())]
    headers = _checked(pairs)
    body = http.body.value if http.body else b""
    content = body.encode() if isinstance(body, str) else body or b""
    if status in _BARE:
        return Response(status, _without_length(headers))
    is_cut_off = _check_length(headers, content, is_head=is_head)
    sent = headers if is_cut_off else _without_length(headers)
    return Response(status, sent, content, is_cut_off)


def _from_text(text: str) -> Response:
    """Take text as the host does: a JSON object with a body is a whole response."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Response(200, [("Content-Type", _TEXT)], text.encode())
    if not (isinstance(value, dict) and "body" in value):
        return Response(200, [("Content-Type", _TEXT)], json.dumps(value, indent=2).encode())
    pairs = [("Content-Type", _TEXT), *value.get("headers", {}).items()]
    headers = _without_length(_checked(pairs))
    body = value["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    return Response(int(value.get("status", 200)), headers, content.encode())


def _checked(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers as they are sent; a colon in a name begins the value."""
    headers = []
    for given, text in pairs:
        name, colon, rest = given.partition(":")
        value = f"{rest}:{text}" if colon else text
        if name.lower() == "transfer-encoding":
            raise UnsendableError("the function set Transfer-Encoding, the server's to set")
        if not _TOKEN.fullmatch(name):
            raise UnsendableError(f"{name!a} is not a header's name")
        if not set(value) <= _PRINTABLE:
            raise UnsendableError(f"the header {name} holds a character that no header may hold")
        headers.append((name, value))
    return headers


def _check_length(headers: list[tuple[str, str]], content: bytes, *, is_head: bool) -> bool:
    """Check a Content-Length that the function set; return whether it promises too much."""
    for text in (value for name, value in headers if name.lower() == _LENGTH):
        length = int(text) if text.isascii() and text.isdecimal() else -1
        if length < len(content):
            kept = [pair for pair in headers if is_head and pair[0].lower() == "content-type"]
            reason = f"the function set Content-Length {text!a} for {len(content)} bytes"
            raise UnsendableError(reason, kept)
        if length > len(content) and not is_head:
            return True
    return False


def _without_length(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() != _LENGTH]


def _cookie(cookie: Message) -> str:
    """Write a cookie as ASP.NET does."""
    parts = [f"{cookie.name}={quote(cookie.value, safe='')}"]
    if cookie.expires:
        moment = datetime.fromtimestamp(cookie.expires.value.seconds, UTC)
        parts.append(f"expires={format_datetime(moment, usegmt=True)}")
    if cookie.max_age:
        parts.append(f"max-age={cookie.max_age.value:.0f}")
    parts += [
        f"{name}={getattr(cookie, name).value}"
        for name in ("domain", "path")
        if getattr(cookie, name)
    ]
    if cookie.secure and cookie.secure.value:
        parts.append("secure")
    if cookie.same_site:
        parts.append(f"samesite={cookie.same_site}")
    if cookie.http_only and cookie.http_only.value:
        parts.append("httponly")
    return "; ".join(parts)
