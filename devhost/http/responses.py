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
_NO_LENGTH = {204, 205}  # 304 may have the length that 200 would have
_TEXT = "text/plain; charset=utf-8"
_LENGTH = "content-length"
_LENGTHS = re.compile("[0-9]{1,18}")
_STATUS = re.compile("[1-9][0-9]{2}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2
_PRINTABLE = {*map(chr, range(0x20, 0x7F)), "\t"}


@dataclass(frozen=True)
class Response:
    """A response.

    Attributes:
        status: the status code.
        headers: names and values in the order sent, without those that the server adds.
        body: the body.
        is_cut_off: whether Content-Length is more than the body: the connection then ends early.
    """

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    is_cut_off: bool = False


class UnsendableError(ValueError):
    """The function returned what the real host cannot send; it answers 500 without a body.

    Attributes:
        headers: the answer's headers that the 500 keeps.
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
        return _from_text(returned.value, is_head=is_head)
    raise UnsendableError(f"the function returned {kind}; return an HttpResponse")


def _from_http(http: Message, *, is_head: bool) -> Response:
    status = _read_status(http.status_code)
    pairs = [*http.headers.items(), *(("Set-Cookie", _write_cookie(c)) for c in http.cookies or ())]
    body = http.body.value if http.body else b""
    content = body.encode("utf-8", "replace") if isinstance(body, str) else body or b""
    return _build_response(status, pairs, content, is_head=is_head)


def _from_text(text: str, *, is_head: bool) -> Response:
    """Read text as the host does: a JSON object with a body is a whole response."""
    pairs: list[tuple[str, str]] = [("Content-Type", _TEXT)]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _build_response(200, pairs, text.encode("utf-8", "replace"), is_head=is_head)
    if not (isinstance(value, dict) and "body" in value):
        written = json.dumps(value, indent=2)
        return _build_response(200, pairs, written.encode(), is_head=is_head)
    headers = value.get("headers") or {}
    if not isinstance(headers, dict):
        raise UnsendableError("headers in the function's JSON are not an object")
    pairs += [(name, str(text)) for name, text in headers.items()]
    body = value["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    status = _read_status(value.get("status", 200))
    return _build_response(status, pairs, content.encode("utf-8", "replace"), is_head=is_head)


def _read_status(value: object) -> int:
    text = str(value)
    if not _STATUS.fullmatch(text):
        raise UnsendableError(f"{text!a:.40} is not a status that can be sent: 100 to 999")
    return int(text)


def _build_response(
    status: int, pairs: Iterable[tuple[str, str]], content: bytes, *, is_head: bool
) -> Response:
    headers = check_headers(pairs)
    content = b"" if status in _BARE else content
    promised = _read_length(headers)
    if promised is None or (status in _NO_LENGTH and promised == 0):
        return Response(status, _remove_length(headers), content)
    if promised < len(content) or status in _NO_LENGTH:
        kept = [pair for pair in headers if is_head and pair[0].lower() == "content-type"]
        reason = f"the function set Content-Length {promised} for {len(content)} bytes"
        raise UnsendableError(reason, kept)
    is_cut_off = promised > len(content) and not is_head and status not in _BARE
    return Response(status, headers, content, is_cut_off)


def _read_length(headers: Iterable[tuple[str, str]]) -> int | None:
    """Return the Content-Length that the function set; None when it set none."""
    for text in (value for name, value in headers if name.lower() == _LENGTH):
        if not _LENGTHS.fullmatch(text):
            raise UnsendableError(f"the function set Content-Length {text!a:.40}, not a number")
        return int(text)
    return None


def check_headers(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers as they are sent; a colon in a name begins the value.

    Raises:
        UnsendableError: a name or value is not one that HTTP allows.
    """
    headers = []
    for given, text in pairs:
        name, colon, rest = given.partition(":")
        value = f"{rest}:{text}" if colon else text
        if name.lower() == "transfer-encoding":
            raise UnsendableError("Transfer-Encoding is set, which only the server may set")
        if not _TOKEN.fullmatch(name):
            raise UnsendableError(f"{name!a} is not a header's name")
        if not set(value) <= _PRINTABLE:
            raise UnsendableError(
                f"the header {name} holds a character that is not allowed in a header"
            )
        headers.append((name, value))
    return headers


def _remove_length(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() != _LENGTH]


def _write_cookie(cookie: Message) -> str:
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
