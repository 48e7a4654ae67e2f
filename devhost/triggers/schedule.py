"""NCRONTAB: when a timer fires.

Six fields ``second minute hour day month weekday``; five mean second 0. The rules are those of the
NCrontab library, which the real host uses: day and weekday must both fit, weekdays go from 0
(Sunday) to 6, a name may be cut short (``Mon``, ``j``), a range written backwards is turned round,
``5/10`` starts at 5, a step of 0 counts as 1. Times are UTC.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
# The longest that each month can be.
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: Sequence[str] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 6, _WEEKDAYS),
)


@dataclass(frozen=True)
class Schedule:
    """A schedule that fires at least once in 400 years.

    Attributes:
        seconds: in rising order, as the others are.
        minutes: of the hour.
        hours: of the day.
        days: of the month, from 1.
        months: from 1.
        weekdays: 0 is Sunday.
    """

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Read a schedule.

        Raises:
            ValueError: says which field is wrong, or that no day can ever fit.
        """
        parts = text.split()
        if len(parts) == len(_FIELDS) - 1:
            parts = ["0", *parts]
        if len(parts) != len(_FIELDS):
            names = " ".join(field.name for field in _FIELDS)
            raise ValueError(f"a schedule has six fields ({names}) or five without seconds")
        fields = (_values(field, part) for field, part in zip(_FIELDS, parts, strict=True))
        found = cls(*fields)
        if not any(found.days[0] <= _LENGTHS[month - 1] for month in found.months):
            raise ValueError("this schedule never fires: no month in it has such a day")
        return found

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time of the schedule that comes after a moment.

        Args:
            moment: with its time zone.

        Raises:
            OverflowError: there is none before the year 10000.
        """
        first = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        day, earliest = first.date(), first.time()
        while True:
            found = self._time_from(earliest) if self._fits(day) else None
            if found is not None:
                return datetime.combine(day, found, UTC)
            day, earliest = self._later_day(day), time.min

    def _fits(self, day: date) -> bool:
        return (
            day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 in self.weekdays
        )

    def _later_day(self, day: date) -> date:
        """Return the next day, or the first of the next month where this month is none of ours."""
        if day.month in self.months:
            return day + timedelta(days=1)
        # A day in the next month, whichever month this is.
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1)

    def _time_from(self, earliest: time) -> time | None:
        """Return the first time of a day that is not before another."""
        for hour in self.hours:
            if hour < earliest.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (earliest.hour, earliest.minute):
                    continue
                for second in self.seconds:
                    found = time(hour, minute, second)
                    if found >= earliest:
                        return found
        return None


def _values(field: _Field, text: str) -> tuple[int, ...]:
    """Read one field.

    Raises:
        ValueError: names the field.
    """
    try:
        found = {value for part in text.split(",") for value in _part(field, part)}
    except ValueError as error:
        raise ValueError(f"{field.name} {text!r}: {error}") from None
    return tuple(sorted(found))


def _part(field: _Field, text: str) -> range:
    """Read ``*``, ``5``, ``1-5``, each perhaps with a step."""
    values, slash, step_text = text.partition("/")
    step = _number(step_text) if slash else 1
    if values == "*":
        first, last = field.low, field.high
    elif "-" in values:
        ends = [_value(field, end) for end in values.split("-", 1)]
        first, last = min(ends), max(ends)
    else:
        first = _value(field, values)
        last = field.high if slash else first
    return range(first, last + 1, max(step, 1))


def _value(field: _Field, text: str) -> int:
    named = [
        index for index, name in enumerate(field.names) if text and name.startswith(text.lower())
    ]
    value = named[0] + field.low if named else _number(text)
    if not field.low <= value <= field.high:
        raise ValueError(f"{value} is not from {field.low} to {field.high}")
    return value


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ValueError(f"{text!r} is not known here")
    return int(text)
