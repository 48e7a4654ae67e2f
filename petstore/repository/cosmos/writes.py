"""Writes whose answer was lost: whether they were done.

When a connection breaks, aiohttp and the SDK send a request again although the first may have been
done. The second then meets the first one's work and is refused. Each write has a mark, which tells
our own work from that of others: the last one of a document is its ``write``. A pet also keeps the
marks of the writes before (``writes``), so that a write is known again after others have followed.
"""

import secrets
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from petstore.errors import StoreUnavailable

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from azure.core.exceptions import HttpResponseError
    from azure.cosmos.aio import ContainerProxy

MARKS = 8  # that a pet keeps; some 150 bytes
_GONE = 404
_UNKNOWN = "Cosmos DB: the answer to a write was lost, and others wrote since"
# Refusals that a request can meet for its own work.
_REFUSALS = {_GONE, 409, 412}


@dataclass
class _Sends:
    """How many requests of one write were sent and got no answer."""

    unanswered: int = 0


_current: ContextVar[_Sends | None] = ContextVar("sends", default=None)


def open_session() -> "ClientSession":
    """Return a session that counts each request that is sent, as the SDK would make one."""
    from aiohttp import ClientSession, DummyCookieJar, TraceConfig

    trace = TraceConfig()
    trace.on_request_headers_sent.append(_count_request)
    return ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False, trace_configs=[trace])


async def _count_request(*_: object) -> None:
    if sends := _current.get():
        sends.unanswered += 1


def count_answer(_: object) -> None:
    """Count an answer."""
    if sends := _current.get():
        sends.unanswered -= 1


def mark(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the mark of a new write."""
    new = secrets.token_hex(8)
    kept = {"writes": [*document["writes"], new][-MARKS:]} if "writes" in document else {}
    return {**document, **kept, "write": new}


async def confirm(
    write: Awaitable[Mapping[str, Any]], container: "ContainerProxy", document: Mapping[str, Any]
) -> str:
    """Return the version that a write of a marked document made.

    It is empty where the answer was lost and others have written since.

    Raises:
        HttpResponseError: the write was refused, and not for its own work.
        StoreUnavailable: whether it was done cannot be known any more.
    """
    from azure.core.exceptions import HttpResponseError

    with _counted() as sends:
        try:
            return str((await write)["_etag"])
        except HttpResponseError as error:
            if not sends.unanswered or error.status_code not in _REFUSALS:
                raise
            return await _look(container, document, error)


async def confirm_removal(removal: Awaitable[None]) -> None:
    """Await a removal; what is gone when it is sent again was removed the first time.

    Raises:
        HttpResponseError: it was refused.
    """
    from azure.core.exceptions import HttpResponseError

    with _counted() as sends:
        try:
            await removal
        except HttpResponseError as error:
            if not sends.unanswered or not _is_gone(error):
                raise


@contextmanager
def _counted() -> Iterator[_Sends]:
    sends = _Sends()
    token = _current.set(sends)
    try:
        yield sends
    finally:
        _current.reset(token)


async def _look(
    container: "ContainerProxy", document: Mapping[str, Any], refusal: "HttpResponseError"
) -> str:
    """Return the version that a write made which was then refused; raise the refusal else."""
    from azure.core.exceptions import HttpResponseError

    try:
        kept = await container.read_item(document["id"], document["id"])
    except HttpResponseError as error:
        raise (StoreUnavailable(_UNKNOWN) if _is_gone(error) else error) from refusal
    if kept.get("write") == document["write"]:
        return str(kept["_etag"])
    marks = kept.get("writes")
    marks = marks if isinstance(marks, list) else []  # a hand may have written anything
    if document["write"] in marks:
        return ""
    if len(marks) == MARKS and document.get("writes", [None])[-2:][0] not in marks:
        raise StoreUnavailable(_UNKNOWN) from refusal
    raise refusal


def _is_gone(error: "HttpResponseError") -> bool:
    """Return whether the item is gone, and not its container or a replica's copy."""
    return error.status_code == _GONE and not getattr(error, "sub_status", None)
