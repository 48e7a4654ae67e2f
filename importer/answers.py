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
# In flight, asked to slow down, and their like: the same request may do better later.
_PASSING = {408, 409, 425, 429}
# No other row would do better.
_HOPELESS = {
    401: "set PETSTORE_TOKEN to a token that is good",
    403: "this token may not write, or the site is switched off",
    404: "the URL is not that of the API",
    405: "the URL is not that of the API",
    407: "a proxy stands in between",
}
_FOR_ALL = {429, 503}
_SHOWN = 300  # characters of an answer that is no problem document


class Verdict(Enum):
    """What becomes of a row."""

    MADE = auto()
    THERE = auto()
    REFUSED = auto()
    AGAIN = auto()
    HOPELESS = auto()


class Answer(NamedTuple):
    """An answer that was understood.

    Attributes:
        verdict: what becomes of the row.
        status: the HTTP status; None where no answer came.
        reason: in words; empty when all is well.
        wait: seconds before which trying again is no use; None where nobody said.
        for_all: whether the wait is meant for all requests, not only for this one.
    """

    verdict: Verdict
    status: int | None
    reason: str = ""
    wait: float | None = None
    for_all: bool = False


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Understand the answer to a POST of a pet.

    Args:
        status: the HTTP status.
        headers: by name, in any case.
        body: as far as it was read.
    """
    if status == _CREATED and _id_of(body):
        is_replay = headers.get("Idempotency-Replayed", "").lower() == "true"
        return Answer(Verdict.THERE if is_replay else Verdict.MADE, status)
    if status in _REDIRECTS:
        place = plain(headers.get("Location", "no place"))
        reason = f"{status}, a redirect to {place}; the token is not carried there"
        return Answer(Verdict.HOPELESS, status, reason)
    reason = f"{status}: {plain(_told(body))}"
    if status in _PASSING or status in _FAULTS:
        wait = _seconds(headers.get("Retry-After", ""))
        return Answer(Verdict.AGAIN, status, reason, wait, status in _FOR_ALL)
    if status in _REFUSALS and status not in _HOPELESS:
        return Answer(Verdict.REFUSED, status, _told(body))
    hint = _HOPELESS.get(status, "this is no answer of the API")
    return Answer(Verdict.HOPELESS, status, f"{reason} ({hint})")


def plain(text: str) -> str:
    """Make a text of others safe to show: one line, short, nothing that moves a terminal."""
    return "".join(char if char.isprintable() else " " for char in text[:_SHOWN]).strip()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _id_of(body: bytes) -> bool:
    return isinstance(_object(body).get("id"), str)


def _told(body: bytes) -> str:
    problem = _object(body)
    detail = problem.get("detail") or problem.get("title") or plain(body.decode(errors="replace"))
    errors = problem.get("errors")
    broken = [
        f"{error.get('pointer', '')}: {error.get('detail', '')}"
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    return " ".join([str(detail) or "an empty answer", "; ".join(broken)]).strip()


def _seconds(retry_after: str) -> float | None:
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
