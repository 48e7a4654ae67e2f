"""Templates as they match: segments of literals and parameters, against the parts of a path."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from devhost.http.constraints import Constraint


@dataclass(frozen=True)
class Parameter:
    """A parameter of a template.

    Attributes:
        name: its name.
        catches_all: whether it takes the whole rest of a path.
        is_optional: whether it may be missing.
        default: its value where it is missing; None for no value.
        constraints: what a value must pass.
    """

    name: str
    catches_all: bool = False
    is_optional: bool = False
    default: str | None = None
    constraints: tuple[Constraint, ...] = ()

    def passes(self, value: str) -> bool:
        """Return whether the parameter takes a value."""
        if not value:
            return self.catches_all and not self.constraints
        return all(each.passes(value) for each in self.constraints)


type Pieces = tuple[str | Parameter, ...]


@dataclass(frozen=True)
class Segment:
    """One part of a template between slashes.

    Attributes:
        pieces: its literals, with their letters in upper case, and parameters, in order.
    """

    pieces: Pieces

    @cached_property
    def parameter(self) -> Parameter | None:
        """The parameter of a segment that is nothing else."""
        (first, *others) = self.pieces
        return first if isinstance(first, Parameter) and not others else None

    @cached_property
    def catches_all(self) -> bool:
        """Whether it takes the whole rest of a path."""
        return self.parameter is not None and self.parameter.catches_all

    @property
    def missing(self) -> dict[str, str] | None:
        """The values where a path ends before this segment; None when it must be there."""
        parameter = self.parameter
        if parameter is None:
            return None
        if parameter.default is not None:
            good = parameter.catches_all or parameter.passes(parameter.default)
            return {parameter.name: parameter.default} if good else None
        return {} if parameter.is_optional or parameter.passes("") else None

    def match(self, part: str) -> dict[str, str] | None:
        """Return the parameters when a path's part (or its rest) fits, else None."""
        if self.parameter is not None:
            values = {self.parameter.name: part} if part else {}
            return values if self.parameter.passes(part) else None
        if self.literal is not None:
            return {} if folded(part) == self.literal else None
        found = _take_any(self.pieces, part)
        if found is None:
            return None
        parameters = [piece for piece in self.pieces if isinstance(piece, Parameter)]
        good = all(one.passes(found[one.name]) for one in parameters if one.name in found)
        return found if good else None

    def covers(self, other: "Segment") -> bool:
        """Return whether every part that fits the other segment fits this one."""
        mine, others = self.parameter, other.parameter
        if mine is None:
            return self == other or (others is None and self._fits_literal(other))
        if other.catches_all or (other.missing is not None and self.missing is None):
            return self.catches_all and not mine.constraints
        if others is None:
            return self._fits_literal(other) if other.literal is not None else not mine.constraints
        return set(mine.constraints) <= set(others.constraints)

    @cached_property
    def literal(self) -> str | None:
        """Its text, where it has no parameter."""
        texts = [piece for piece in self.pieces if isinstance(piece, str)]
        return "".join(texts) if len(texts) == len(self.pieces) else None

    def _fits_literal(self, other: "Segment") -> bool:
        return other.literal is not None and self.match(other.literal) is not None


def match(segments: Sequence[Segment], parts: Sequence[str]) -> dict[str, str] | None:
    """Return the parameters when a path's parts fit a template's segments, else None.

    Args:
        segments: the template.
        parts: the path, split at slashes. One slash at the end makes no difference, but what
            catches all is handed it. An empty part fits nothing.
    """
    values: dict[str, str] = {}
    whole, parts = parts, parts[:-1] if parts[-1:] == [""] else parts
    for index, segment in enumerate(segments):
        is_there = index < len(parts)
        if segment.catches_all:
            found = segment.match("/".join(whole[index:]))
            if found is None or (is_there and not parts[index]):
                return None
            return values | (found or segment.missing or {})
        found = segment.match(parts[index]) if is_there else segment.missing
        if found is None:
            return None
        values |= found
    return values if len(parts) <= len(segments) else None


def _shapes(pieces: Pieces, part: str) -> Iterator[Pieces]:
    """Return the pieces, and then those without an optional parameter and its dot at the end."""
    yield pieces
    shorter, last = pieces[:-2], pieces[-1]
    if shorter and isinstance(last, Parameter) and last.is_optional and not part.endswith("."):
        yield shorter


def _take_any(pieces: Pieces, part: str) -> dict[str, str] | None:
    tries = (_take(shape, part) for shape in _shapes(pieces, part))
    return next((values for values in tries if values is not None), None)


def _take(pieces: Pieces, part: str) -> dict[str, str] | None:
    """Take a part apart as ASP.NET does: from its end, each literal at its last possible place.

    It never tries again with an earlier place, so ``a{b}c{d}`` does not fit ``aabcd``.
    """
    values: dict[str, str] = {}
    end, text, waiting = len(part), folded(part), None
    if isinstance(pieces[-1], str) and not text.endswith(pieces[-1]):
        return None
    for piece in reversed(pieces):
        if isinstance(piece, Parameter):
            waiting = piece
            continue
        # A parameter takes at least one character.
        start = text.rfind(piece, 0, end - 1 if waiting else end)
        if start < 0:
            return None
        if waiting:
            values[waiting.name] = part[start + len(piece) : end]
        end, waiting = start, None
    if waiting and end:
        return {waiting.name: part[:end], **values}
    return None if waiting or end else values


def folded(text: str) -> str:
    """Return text for comparing without case, at the same length."""
    if text.isascii():
        return text.upper()
    return "".join(upper if len(upper := one.upper()) == 1 else one for one in text)
