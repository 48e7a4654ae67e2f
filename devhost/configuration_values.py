"""Values of host.json as .NET's configuration reads them: each is a text first, then converted.

Each reader raises ``ValueError`` with what it wants; the real host does not start then.
"""

import re

_TIME_SPAN = re.compile(
    r"(?P<sign>-?)(?:(?P<days>\d{1,8})|(?:(?P<more>\d{1,8})\.)?(?P<hours>\d{1,2})"
    r":(?P<minutes>[0-5]?\d)(?::(?P<seconds>[0-5]?\d(?:\.\d{1,7})?))?)"
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
_LEVELS = ("trace", "debug", "information", "warning", "error", "critical", "none")
_INFINITE = "-1"


def time_span(value: object) -> float:
    """Return the seconds of a time span: ``00:00:30``, ``1.12:00:00``, or a number of days."""
    read = _TIME_SPAN.fullmatch(str(value).strip())
    if read is None or isinstance(value, bool):
        raise ValueError('a time like "00:05:00"')
    parts = {
        unit: float(number or 0) for unit, number in read.groupdict().items() if unit != "sign"
    }
    hours = (parts["days"] + parts["more"]) * 24 + parts["hours"]
    seconds = (hours * 60 + parts["minutes"]) * 60 + parts["seconds"]
    return -seconds if read["sign"] else seconds


def timeout(value: object) -> float | None:
    """Return a function timeout in seconds; None where calls may take any time."""
    if str(value) == _INFINITE:
        return None
    seconds = time_span(value)
    if seconds < 1:
        raise ValueError('at least "00:00:01", or -1 for no limit')
    return seconds


def whole_number(value: object) -> int:
    """Return a whole number, be it written as a number or as text."""
    if isinstance(value, bool) or not _INTEGER.fullmatch(str(value).strip()):
        raise ValueError("a whole number")
    return int(str(value))


def boolean(value: object) -> bool:
    """Return true or false, be it written as such or as text."""
    text = str(value).strip().lower()
    if text not in {"true", "false"}:
        raise ValueError("true or false")
    return text == "true"


def log_level(value: object) -> str:
    """Return a level's name in lower case; a number counts from 0, Trace, to 6, None."""
    text = str(value).strip().lower()
    if text in _LEVELS:
        return text
    if text.isascii() and text.isdecimal() and text.lstrip("0") in {"", *"123456"}:
        return _LEVELS[int(text)]
    raise ValueError(f"one of {', '.join(level.title() for level in _LEVELS)}")
