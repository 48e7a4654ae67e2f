"""From what a function returned to the response on the wire."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from devhost.worker.messages import Message, TypedData

_BARE = {204, 205, 304}
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Response:
    """A response.

    Attributes:
        status: the status code.
        headers: names and values in the order sent, without those that the server adds.
        body: the body.
    """

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


class UnsendableError(ValueError):
    """The function returned what the real host cannot send; it answers a bare 500."""


def response_of(returned: TypedData | None) -> Response:
    """Make the response.

    Raises:
        UnsendableError: with the reason.
    """
    kind = returned.WhichOneof("data") if returned else None
    if returned is None or kind is None:
        raise UnsendableError("the function returned nothing")
    if kind == "http":
        return _from_http(returned.value)
    if kind == "string":
        return _from_text(returned.value)
    raise UnsendableError(f"the function returned {kind}; return an HttpResponse")


def _from_http(http: Message) -> Response:
    status = int(http.status_code)
    headers = [*http.headers.items(), *(("Set-Cookie", _cookie(c)) for c in http.cookies or ())]
    _check(headers)
    body = http.body.value if http.body else b""
    content = body.encode() if isinstance(body, str) else body or b""
    return Response(status, headers, b"" if status in _BARE else content)


def _from_text(text: str) -> Response:
    """Take text as the host does: a JSON object with a body is a whole response."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Response(200, [("Content-Type", _TEXT)], text.encode())
    if not (isinstance(value, dict) and "body" in value):
        return Response(200, [("Content-Type", _TEXT)], json.dumps(value, indent=2).encode())
    headers = [("Content-Type", _TEXT), *value.get("headers", {}).items()]
    _check(headers)
    body = value["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    return Response(int(value.get("status", 200)), headers, content.encode())


def _check(headers: Iterable[tuple[str, str]]) -> None:
    for name, value in headers:
        if name.lower() in {"content-length", "transfer-encoding"}:
            raise UnsendableError(f"the function set {name}, which is the server's to set")
        if not f"{name}{value}".isascii():
            raise UnsendableError(f"the header {name} holds a character beyond ASCII")
        if set("\r\n\0") & set(value):
            raise UnsendableError(f"the header {name} holds a line break")


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
