"""Checks the types of a document's members against a dataclass: tolerant readers need no more."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import reduce
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

type Check = Callable[[object], bool]


class BadDocument(ValueError):
    """A document does not hold an item; the message names the members, not what they hold."""


def parser_of[T](item_type: type[T]) -> Callable[[Mapping[str, Any]], T]:
    """Return what turns a document into an item.

    Args:
        item_type: a dataclass; its field ``more`` takes the members that it does not know.

    Returns:
        The parser; it raises BadDocument where a member is missing or has another type.
    """
    hints = get_type_hints(item_type)
    known = [one for one in fields(item_type) if one.name != "more"]  # type: ignore[arg-type]
    checks = {one.name: _check_of(hints[one.name]) for one in known}
    needed = [one.name for one in known if one.default is one.default_factory is MISSING]

    def parse(document: Mapping[str, Any]) -> T:
        wrong = [f"{name} is missing" for name in needed if name not in document]
        members: dict[str, Any] = {}
        more: dict[str, Any] = {}
        for name, value in document.items():
            check = checks.get(name)
            if check is None:
                more[name] = value
            elif check(value):
                members[name] = value
            else:
                wrong.append(f"{name} has another type")
        if wrong:
            raise BadDocument("; ".join(wrong))
        members["more"] = more
        return item_type(**members)

    return parse


def _check_of(hint: Any) -> Check:  # noqa: ANN401 - any annotation
    if hint is str:
        return _is_text
    if hint in {bool, int, NoneType}:  # to isinstance True is an int
        return lambda value: type(value) is hint
    if is_dataclass(hint):  # what holds it has parsed it before
        return lambda value: isinstance(value, hint)  # type: ignore[arg-type]
    if isinstance(hint, UnionType):
        return reduce(_either, map(_check_of, get_args(hint)))
    if get_origin(hint) is Literal:
        allowed = get_args(hint)
        return lambda value: isinstance(value, str) and value in allowed
    if get_origin(hint) is list:
        (one,) = map(_check_of, get_args(hint))
        return lambda value: isinstance(value, list) and all(map(one, value))
    raise TypeError(f"no check for {hint}")


def _either(first: Check, second: Check) -> Check:
    return lambda value: first(value) or second(value)


def _is_text(value: object) -> bool:
    """Return whether it is text that can be sent: without an unpaired surrogate."""
    if not isinstance(value, str):
        return False
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
