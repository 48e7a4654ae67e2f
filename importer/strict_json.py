"""Parses JSON and refuses what would be lost: repeated members, numbers that become infinite."""

import json
import math
from typing import Any, NoReturn

_DEEP = 500  # brackets, fewer than any recursion limit


def parse(text: str) -> object:
    """Return the value of a JSON text (RFC 8259).

    Raises:
        ValueError: it is not JSON, or something would be lost; the message continues a sentence
            whose subject is the text: "is not JSON: ...".
    """
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_build_object,
            parse_constant=_refuse_constant,
            parse_float=_parse_float,
            parse_int=_parse_int,
        )
        if text.count("[") + text.count("{") > _DEEP:
            json.dumps([[[value]]])  # some depths can be read but not written
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    return value


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'names the member "{twice:.60}" more than once')
    return found


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"is not JSON: {constant} is not a JSON number")


def _parse_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"holds a number that is too large: {text:.60}")
    return number


def _parse_int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"holds a number with too many digits: {text:.60}") from None
