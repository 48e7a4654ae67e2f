"""ASP.NET's route constraints: which texts a parameter takes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

_GUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_GUIDS = re.compile(rf"[0-9a-f]{{32}}|{_GUID}|\{{{_GUID}\}}|\({_GUID}\)", re.IGNORECASE | re.ASCII)
_INTEGER = re.compile("[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9][0-9,]*\.?[0-9]*|\.[0-9]+)")
_FLOAT = re.compile(_DECIMAL.pattern + "(?:[eE][+-]?[0-9]+)?")
_DIGITS = 20  # more than any 64-bit number has


class PatternError(Exception):
    """A regular expression is not one that Python can read; .NET's reads more."""


@dataclass(frozen=True)
class Constraint:
    """A constraint; two are equal when they are written alike.

    Attributes:
        text: as written, ``int`` or ``range(1,9)``.
        passes: returns whether a value passes.
    """

    text: str
    passes: Callable[[str], bool] = field(compare=False)


def constraint(text: str) -> Constraint:
    """Read a constraint.

    Raises:
        ValueError: no constraint has this name, or its arguments are wrong.
        PatternError: the pattern of a regex cannot be read.
    """
    name, parenthesis, arguments = text.removesuffix(")").partition("(")
    kind = name.lower()
    if kind in _PLAIN and not parenthesis:
        return Constraint(text, _PLAIN[kind])
    if kind in _WITH_ARGUMENTS and parenthesis:
        return Constraint(text, _WITH_ARGUMENTS[kind](arguments))
    raise ValueError(f"there is no route constraint {text!r}")


def _integer(bits: int) -> Callable[[str], bool]:
    return _between(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _between(low: float, high: float) -> Callable[[str], bool]:
    def passes(value: str) -> bool:
        value = value.strip()
        if not _INTEGER.fullmatch(value) or len(value.lstrip("+-0")) > _DIGITS:
            return False
        return low <= int(value) <= high

    return passes


def _length(arguments: str) -> Callable[[str], bool]:
    low, _, high = arguments.partition(",")
    return _length_between(int(low), int(high or low))


def _length_between(low: float, high: float) -> Callable[[str], bool]:
    return lambda value: low <= len(value) <= high


def _range(arguments: str) -> Callable[[str], bool]:
    low, _, high = arguments.partition(",")
    return _between(int(low), int(high))


def _regex(arguments: str) -> Callable[[str], bool]:
    # In a template a brace is written twice; .NET names groups without a P.
    text = re.sub(r"\(\?<(?![=!])", "(?P<", arguments.replace("{{", "{").replace("}}", "}"))
    try:
        pattern = re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise PatternError(f"{text!r}: {error}") from None
    return lambda value: pattern.search(value) is not None


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value.strip()) is not None


def _is_file(value: str) -> bool:
    """Return whether its last part has an ending, by which ASP.NET recognizes file names."""
    return bool(value.rpartition("/")[2].partition(".")[2].strip("."))


def _is_datetime(value: str) -> bool:
    """Return whether it is a time in ISO 8601; .NET takes many more spellings."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_PLAIN: Mapping[str, Callable[[str], bool]] = {
    "alpha": lambda value: re.fullmatch("[a-z]*", value, re.IGNORECASE | re.ASCII) is not None,
    "bool": lambda value: value.strip().lower() in {"true", "false"},
    "datetime": _is_datetime,
    "decimal": _matches(_DECIMAL),
    "double": _matches(_FLOAT),
    "file": _is_file,
    "float": _matches(_FLOAT),
    "guid": _matches(_GUIDS),
    "int": _integer(32),
    "long": _integer(64),
    "nonfile": lambda value: not _is_file(value),
    "required": lambda value: bool(value.strip()),
}
_WITH_ARGUMENTS: Mapping[str, Callable[[str], Callable[[str], bool]]] = {
    "length": _length,
    "max": lambda high: _between(float("-inf"), int(high)),
    "maxlength": lambda high: _length_between(0, int(high)),
    "min": lambda low: _between(int(low), float("inf")),
    "minlength": lambda low: _length_between(int(low), float("inf")),
    "range": _range,
    "regex": _regex,
}
