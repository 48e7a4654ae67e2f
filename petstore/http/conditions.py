"""Conditional requests (RFC 9110, 13): If-Match and If-None-Match, compared with entity tags.

A condition is compared with the tag of what this caller would get: a tag of the public view is
not one of the owner's view.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import azure.functions as func

from petstore.http.errors import BadParameter, PreconditionFailed
from petstore.http.representations import order_tag, pet_tag
from petstore.identity import Caller
from petstore.limits import ENTITY_TAGS_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from petstore.changes import Condition
    from petstore.pet import Pet
    from petstore.repository.port import Stored

# entity-tag of RFC 9110, 8.8.3, without the bytes beyond ASCII that no tag of ours has.
_TAG = r'(W/)?("[\x21\x23-\x7e]*")'
_TAG_LIST = re.compile(rf"[ \t,]*{_TAG}([ \t]*,[ \t,]*{_TAG})*[ \t,]*")
# What a 304 repeats of the answer that it stands for (RFC 9110, 15.4.5).
_KEPT = ("Accept-Query", "Cache-Control", "ETag", "Link", "Location", "Vary")
# The methods whose answer may be one that the caller has (RFC 9110, 13.1.2; RFC 10008).
_READS = {"GET", "HEAD", "QUERY"}


@dataclass(frozen=True)
class TagList:
    """What If-Match or If-None-Match holds: ``*`` (``any`` is True) or tags."""

    any: bool
    strong: frozenset[str]
    weak: frozenset[str]

    def matches_strongly(self, tag: str) -> bool:
        """Compare as If-Match does: weak tags never match."""
        return self.any or tag in self.strong

    def matches_weakly(self, tag: str) -> bool:
        """Compare as If-None-Match does: the W/ makes no difference."""
        return self.any or tag in self.strong or tag in self.weak


def read_tags(req: func.HttpRequest, header: str) -> TagList | None:
    """Read a header that holds entity tags; several such headers arrive as one list.

    Raises:
        BadParameter: the header is not ``*`` or a list of tags in quotes.
    """
    text = req.headers.get(header)
    if text is None:
        return None
    if text.strip() == "*":
        return TagList(any=True, strong=frozenset(), weak=frozenset())
    if len(text) > ENTITY_TAGS_LENGTH or not _TAG_LIST.fullmatch(text):
        raise BadParameter(f'{header} must be * or entity tags in quotes: "a", "b".')
    tags = re.findall(_TAG, text)
    return TagList(
        any=False,
        strong=frozenset(tag for weak, tag in tags if not weak),
        weak=frozenset(tag for weak, tag in tags if weak),
    )


def read_precondition(req: func.HttpRequest, caller: Caller) -> "Condition | None":
    """Return the test that a pet must pass before this caller may change it; None for no test.

    Raises:
        BadParameter: If-Match or If-None-Match cannot be read.
    """
    return _precondition(req, lambda stored: pet_tag(stored, caller))


def read_order_precondition(req: func.HttpRequest, caller: Caller) -> "Condition | None":
    """Return the test that a pet's order must pass, as ``read_precondition`` does for a pet.

    If-Match fails where there is no order, If-None-Match passes.
    """
    return _precondition(req, lambda stored: order_tag(stored, caller))


def _precondition(
    req: func.HttpRequest, tag_of: "Callable[[Stored[Pet]], str | None]"
) -> "Condition | None":
    wanted, unwanted = read_tags(req, "If-Match"), read_tags(req, "If-None-Match")
    if wanted is None and unwanted is None:
        return None

    def passes(stored: "Stored[Pet]") -> bool:
        tag = tag_of(stored)
        if tag is None:
            return wanted is None
        return (wanted is None or wanted.matches_strongly(tag)) and not (
            unwanted and unwanted.matches_weakly(tag)
        )

    return passes


def if_changed(req: func.HttpRequest, response: func.HttpResponse) -> func.HttpResponse:
    """Return the answer to a read, or 304 in its place when the caller has it already.

    The 304 has the type of the answer: without one the host adds text/plain, which caches store
    with what they hold (RFC 9111, 3.2).

    Raises:
        BadParameter: If-Match or If-None-Match cannot be read.
        PreconditionFailed: If-Match names other tags.
    """
    tag = response.headers.get("ETag")
    if req.method not in _READS or response.status_code != HTTPStatus.OK or not tag:
        return response
    wanted, had = read_tags(req, "If-Match"), read_tags(req, "If-None-Match")
    if wanted and not wanted.matches_strongly(tag):
        raise PreconditionFailed("If-Match names other tags")
    if not (had and had.matches_weakly(tag)):
        return response
    kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return func.HttpResponse(
        status_code=HTTPStatus.NOT_MODIFIED,
        headers=kept,
        mimetype=response.mimetype,
        charset=response.charset,
    )
