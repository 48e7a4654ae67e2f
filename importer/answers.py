"""What an answer of the API means for the row that was sent."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any, NamedTuple

_CREATED = 201
_REDIRECTS = range(300, 400)
_REFUSALS = range(400, 500)
_FAULTS = range(500, 600)
# In flight, asked to slow down, and similar: the same request may succeed later.
_TEMPORARY = {408, 409, 425, 429}
# No other row would succeed.
_HOPELESS = {
    401: "set PETSTORE_TOKEN to a valid token",
    403: "this token may not write, or the site is stopped",
    404: "the URL is not the API's",
    405: "the URL is not the API's",
    407: "a proxy in between wants a login",
}
_FOR_ALL = {429, 503}
_SHOWN = 300  # characters of an answer that is not a problem document


class Verdict(Enum):
    """What happens to a row."""

    CREATED = auto()
    REPLAYED = auto()
    REFUSED = auto()
    RETRY = auto()
    HOPELESS = auto()


class Answer(NamedTuple):
    """What an answer means.

    Attributes:
        verdict: what happens to the row.
        status: the HTTP status; None where no answer came.
        reason: in words; empty for success.
        wait: seconds to wait before the next attempt; None when the server did not say.
        for_all: whether the wait is for all requests, not only for this one.
    """

    verdict: Verdict
    status: int | None
    reason: str = ""
    wait: float | None = None
    for_all: bool = False


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return what the answer to a POST of a pet means.

    Args:
        status: the HTTP status.
        headers: by name, in any case.
        body: as far as it was read.
    """
    if status == _CREATED and _has_id(body):
        is_replay = headers.get("Idempotency-Replayed", "").lower() == "true"
        return Answer(Verdict.REPLAYED if is_replay else Verdict.CREATED, status)
    if status in _REDIRECTS:
        place = plain(headers.get("Location", "nowhere"))
        reason = f"{status}, a redirect to {place}; the token is not carried there"
        return Answer(Verdict.HOPELESS, status, reason)
    reason = f"{status}: {plain(_describe(body))}"
    if status in _TEMPORARY or status in _FAULTS:
        wait = _parse_wait(headers.get("Retry-After", ""))
        return Answer(Verdict.RETRY, status, reason, wait, status in _FOR_ALL)
    if status in _REFUSALS and status not in _HOPELESS:
        return Answer(Verdict.REFUSED, status, _describe(body))
    hint = _HOPELESS.get(status, "this answer is not the API's")
    return Answer(Verdict.HOPELESS, status, f"{reason} ({hint})")


def plain(text: str) -> str:
    """Return a foreign text as one short line without control characters."""
    return "".join(char if char.isprintable() else " " for char in text[:_SHOWN]).strip()


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _has_id(body: bytes) -> bool:
    return isinstance(_parse_object(body).get("id"), str)


def _describe(body: bytes) -> str:
    problem = _parse_object(body)
    detail = problem.get("detail") or problem.get("title") or plain(body.decode(errors="replace"))
    errors = problem.get("errors")
    broken = [
        f"{error.get('pointer', '')}: {error.get('detail', '')}"
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    return " ".join([str(detail) or "an empty answer", "; ".join(broken)]).strip()


def _parse_wait(retry_after: str) -> float | None:
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # A date without a zone is in UTC, as every HTTP date is.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
