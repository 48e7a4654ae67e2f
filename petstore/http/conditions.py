"""Conditional requests (RFC 9110, 13): entity tags from versions, and back to conditions.

A single pet's tag is the store's own version of it, in quotes; Cosmos DB gives its versions in
quotes already.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import azure.functions as func

from petstore.http.errors import BadParameter, PreconditionFailed
from petstore.limits import ENTITY_TAGS_LENGTH

# entity-tag of RFC 9110, 8.8.3, without the bytes beyond ASCII that no tag of ours has.
_TAG = r'(W/)?("[\x21\x23-\x7e]*")'
_TAG_LIST = re.compile(rf"[ \t,]*{_TAG}([ \t]*,[ \t,]*{_TAG})*[ \t,]*")
# What a 304 repeats of the answer that it stands for (RFC 9110, 15.4.5); the endpoint adds Vary.
_KEPT = ("Cache-Control", "ETag", "Link")


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


def entity_tag(version: str) -> str:
    """Make the strong entity tag of a store's version."""
    return version if version.startswith('"') else f'"{version}"'


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


def read_precondition(req: func.HttpRequest) -> Callable[[str], bool] | None:
    """Give the test that a version must pass before it may be changed, or None.

    Raises:
        BadParameter: If-Match or If-None-Match cannot be read.
    """
    wanted, unwanted = read_tags(req, "If-Match"), read_tags(req, "If-None-Match")
    if wanted is None and unwanted is None:
        return None

    def passes(version: str) -> bool:
        tag = entity_tag(version)
        return (wanted is None or wanted.matches_strongly(tag)) and not (
            unwanted and unwanted.matches_weakly(tag)
        )

    return passes


def if_changed(req: func.HttpRequest, response: func.HttpResponse) -> func.HttpResponse:
    """Give the answer to a GET or HEAD, or 304 in its place when the caller has it already.

    Raises:
        BadParameter: If-Match or If-None-Match cannot be read.
        PreconditionFailed: If-Match names other tags.
    """
    tag = response.headers.get("ETag")
    if req.method not in {"GET", "HEAD"} or response.status_code != HTTPStatus.OK or not tag:
        return response
    wanted, had = read_tags(req, "If-Match"), read_tags(req, "If-None-Match")
    if wanted and not wanted.matches_strongly(tag):
        raise PreconditionFailed("If-Match names other tags")
    if not (had and had.matches_weakly(tag)):
        return response
    kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return func.HttpResponse(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)
