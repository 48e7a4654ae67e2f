"""What answers mean."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from importer.answers import Verdict, judge

_PET = b'{"id": "1"}'


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (201, _PET, Verdict.CREATED),
        (201, b"", Verdict.HOPELESS),
        (201, b"<html>", Verdict.HOPELESS),
        (201, b"[]", Verdict.HOPELESS),
        (200, _PET, Verdict.HOPELESS),
        (204, b"", Verdict.HOPELESS),
        (302, b"", Verdict.HOPELESS),
        (307, b"", Verdict.HOPELESS),
        *[(status, b"", Verdict.HOPELESS) for status in (401, 403, 404, 405, 407)],
        *[(status, b"\xff", Verdict.REFUSED) for status in (400, 406, 413, 415, 422)],
        *[(status, b"[" * 100_000, Verdict.RETRY) for status in (408, 409, 425, 429)],
        *[(status, b"{}", Verdict.RETRY) for status in (500, 502, 503, 504)],
        (999, b"", Verdict.HOPELESS),
    ],
)
def test_verdicts(status: int, body: bytes, verdict: Verdict) -> None:
    """Each status has its meaning, whatever the body is."""
    assert judge(status, {}, body).verdict is verdict


def test_a_replay() -> None:
    """The first answer again means that the pet is there."""
    assert judge(201, {"Idempotency-Replayed": "true"}, _PET).verdict is Verdict.REPLAYED


def test_the_reason_names_each_broken_rule() -> None:
    """Detail and errors of a problem document are the reason."""
    errors = [
        {"pointer": "/name", "detail": "too long"},
        {"pointer": "/tags/0", "detail": "blank"},
        1,
    ]
    body = json.dumps({"detail": "Rules are broken.", "errors": errors}).encode()
    assert judge(422, {}, body).reason == "Rules are broken. /name: too long; /tags/0: blank"


def test_a_reason_cannot_move_the_terminal() -> None:
    """What a stranger answers is shown short and without control characters."""
    reason = judge(500, {}, b"\x1b[2J\r\n" + b"x" * 10_000).reason
    assert reason.isprintable()
    assert len(reason) < 400


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "1" * 50, "Mon, 99 Foo", "\u0663"])
def test_a_wait_that_is_none(text: str) -> None:
    """A Retry-After that cannot be read is as good as none."""
    assert judge(503, {"Retry-After": text}, b"").wait is None


def test_waits() -> None:
    """Retry-After is seconds or a date; a date that is past means now."""
    now = datetime.now(UTC)
    later = format_datetime(now + timedelta(seconds=100), usegmt=True)
    earlier = format_datetime(now - timedelta(seconds=100), usegmt=True)
    assert judge(429, {"Retry-After": " 7 "}, b"").wait == 7
    assert 90 < (judge(429, {"Retry-After": later}, b"").wait or 0) <= 100
    assert judge(429, {"Retry-After": earlier}, b"").wait == 0


def test_who_waits() -> None:
    """All requests wait when the server is busy; a key in flight is the business of one."""
    assert [judge(status, {}, b"").for_all for status in (409, 429, 503)] == [False, True, True]
