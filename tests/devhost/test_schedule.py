"""NCRONTAB schedules."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhost.triggers.schedule import Schedule

_START = datetime(2026, 11, 25, 8, 30, 15, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * * *", "2026-11-25 08:30:16"),
        ("*/30 * * * * *", "2026-11-25 08:30:30"),
        ("15 30 8 * * *", "2026-11-26 08:30:15"),
        ("*/5 * * * *", "2026-11-25 08:35:00"),
        ("5-40/5 * * * * *", "2026-11-25 08:30:20"),
        ("0 59 23 31 12 *", "2026-12-31 23:59:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 0 0 29 feb sun", "2032-02-29 00:00:00"),
        ("0 0 0 31 * *", "2026-12-31 00:00:00"),
        ("0 0 9 * * Mon-FRIDAY", "2026-11-25 09:00:00"),
        ("0 0 9 * jan,MAY su", "2027-01-03 09:00:00"),
        ("0 0 0 13 * 5", "2027-08-13 00:00:00"),
        ("0 0 0 * * 5-1", "2026-11-26 00:00:00"),
        ("0 50/5 * * * *", "2026-11-25 08:50:00"),
        ("*/0 * * * * *", "2026-11-25 08:30:16"),
        ("  0   0 * * *  ", "2026-11-26 00:00:00"),
    ],
)
def test_next(text: str, expected: str) -> None:
    """The next time is NCrontab's: day and weekday must both fit."""
    found = Schedule.parse(text).next_after(_START)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "six fields"),
        ("* * * *", "six fields"),
        ("* * * * * * *", "six fields"),
        ("00:05:00", "six fields"),
        ("60 * * * * *", "second '60'"),
        ("0 -5 * * * *", "minute '-5'"),
        ("0 0 24 * * *", "hour '24'"),
        ("0 0 0 0 * *", "day '0'"),
        ("0 0 0 * 13 *", "month '13'"),
        ("0 0 0 * foo *", "month 'foo'"),
        ("0 0 0 * * 7", "weekday '7'"),
        ("0 0 0 * * 1,,2", "weekday '1,,2'"),
        ("*/x * * * * *", "second"),
        ("*/ * * * * *", "second"),
        ("1-2-3 * * * * *", "second"),
        ("\u0663 * * * * *", "second"),
        ("99999999999999999999 * * * * *", "second"),
        ("0 0 0 30 2 *", "never"),
        ("0 0 0 31 2,4,6,9,11 *", "never"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """What cannot be read, or never fires, is refused with the field's name."""
    with pytest.raises(ValueError, match=reason):
        Schedule.parse(text)


def test_other_time_zones_and_the_end_of_time() -> None:
    """A moment of another zone is converted; after the year 9999 there is nothing."""
    east = datetime(2026, 11, 25, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert Schedule.parse("0 0 0 * * *").next_after(east).isoformat() == "2026-11-25T00:00:00+00:00"
    with pytest.raises(OverflowError):
        Schedule.parse("0 0 0 1 1 *").next_after(datetime(9999, 6, 1, tzinfo=UTC))


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    plain = st.one_of(
        st.just("*"), number.map(str), st.tuples(number, number).map("{0[0]}-{0[1]}".format)
    )
    stepped = st.tuples(plain, st.integers(0, 70)).map("{0[0]}/{0[1]}".format)
    return st.lists(st.one_of(plain, stepped), min_size=1, max_size=3).map(",".join)


def _members(text: str, low: int, high: int) -> set[int]:
    """Read a field once more, by other means."""
    found: set[int] = set()
    for part in text.split(","):
        values, slash, step = part.partition("/")
        first, dash, last = values.partition("-")
        ends = (low, high) if values == "*" else (int(first), int(last or first))
        if slash and not dash and values != "*":
            ends = (ends[0], high)
        found |= {
            value
            for value in range(min(ends), max(ends) + 1)
            if (value - min(ends)) % max(int(step or 1), 1) == 0
        }
    return found


@given(
    second=_field(0, 59),
    minute=_field(0, 59),
    hour=_field(0, 23),
    offset=st.integers(0, 400 * 24 * 3600),
)
def test_against_brute_force(second: str, minute: str, hour: str, offset: int) -> None:
    """Looking at every second of the next day finds the same time."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=offset)
    members = (_members(second, 0, 59), _members(minute, 0, 59), _members(hour, 0, 23))
    moment = start + timedelta(seconds=1)
    while not (moment.hour in members[2] and moment.minute in members[1]):
        moment = moment.replace(second=0) + timedelta(minutes=1)
    while not (
        moment.second in members[0] and moment.minute in members[1] and moment.hour in members[2]
    ):
        moment += timedelta(seconds=1)
    assert Schedule.parse(f"{second} {minute} {hour} * * *").next_after(start) == moment


@given(day=_field(1, 28), month=_field(1, 12), weekday=_field(0, 6), offset=st.integers(0, 3000))
def test_days_against_brute_force(day: str, month: str, weekday: str, offset: int) -> None:
    """Looking at every day finds the same one."""
    start = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=offset)
    members = (_members(day, 1, 31), _members(month, 1, 12), _members(weekday, 0, 6))
    moment = start.replace(hour=0) + timedelta(days=1)
    while not (
        moment.day in members[0]
        and moment.month in members[1]
        and moment.isoweekday() % 7 in members[2]
    ):
        moment += timedelta(days=1)
    assert Schedule.parse(f"0 0 0 {day} {month} {weekday}").next_after(start) == moment
