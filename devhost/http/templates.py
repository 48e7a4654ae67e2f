"""ASP.NET's route templates: literals, parameters, and parts that mix both (``{name}.html``)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from devhost.http.constraints import Constraint, constraint

# {name}, {*name}, {name?}, {name=5}, {name:int}, {name:length(1,5):alpha}; what is in the braces.
_PARAMETER = re.compile(
    r"(?P<stars>\*{0,2})(?P<name>[^:?=*{}]+)"
    r"(?P<constraints>(?::\w+(?:\(.*?\))?(?=:|\?|=|$))*)(?:(?P<optional>\?)|=(?P<default>.*))?"
)
_CONSTRAINT = re.compile(r":(\w+(?:\(.*?\))?)(?=:|$)")
# A brace that is written twice stands for itself.
_PIECE = re.compile(r"\{(?!\{)((?:[^{}]|\{\{|\}\})*)\}(?!\})|((?:[^{}]|\{\{|\}\})+)")


class TemplateError(ValueError):
    """A template cannot be read; the message says why."""


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


@dataclass(frozen=True)
class Segment:
    """One part of a template between slashes.

    Attributes:
        pieces: its literals and parameters, in order.
    """

    pieces: tuple[str | Parameter, ...]
    _shapes: tuple[re.Pattern[str], ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Build the patterns of the whole segment."""
        object.__setattr__(self, "_shapes", tuple(map(_pattern, _shapes(self.pieces))))

    @property
    def parameter(self) -> Parameter | None:
        """The parameter of a segment that is nothing else."""
        (first, *others) = self.pieces
        return first if isinstance(first, Parameter) and not others else None

    @property
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
            return {parameter.name: parameter.default}
        return {} if parameter.is_optional or parameter.passes("") else None

    def match(self, part: str) -> dict[str, str] | None:
        """Return the parameters when a path's part (or its rest) fits, else None."""
        if self.parameter is not None:
            values = {self.parameter.name: part} if part else {}
            return values if self.parameter.passes(part) else None
        found = next(filter(None, (shape.fullmatch(part) for shape in self._shapes)), None)
        if found is None:
            return None
        parameters = [piece for piece in self.pieces if isinstance(piece, Parameter)]
        taken = list(zip(parameters, found.groups(), strict=False))
        good = all(parameter.passes(value) for parameter, value in taken)
        return {parameter.name: value for parameter, value in taken} if good else None

    def covers(self, other: "Segment") -> bool:
        """Return whether every part that fits the other segment fits this one."""
        mine, others = self.parameter, other.parameter
        if mine is None:
            return self == other or (others is None and self._fits_literal(other))
        if other.catches_all or (other.missing is not None and self.missing is None):
            return self.catches_all and not mine.constraints
        if others is None:
            return self._fits_literal(other) if other.is_literal else not mine.constraints
        return set(mine.constraints) <= set(others.constraints)

    @property
    def is_literal(self) -> bool:
        """Whether it has no parameter."""
        return all(isinstance(piece, str) for piece in self.pieces)

    def _fits_literal(self, other: "Segment") -> bool:
        return other.is_literal and self.match("".join(map(str, other.pieces))) is not None


def parse_template(template: str) -> tuple[Segment, ...]:
    """Read a template without its prefix.

    Raises:
        TemplateError: ASP.NET refuses it too, or there is no such constraint.
    """
    try:
        segments = tuple(_segment(part) for part in _parts(template))
    except (ValueError, re.error) as error:
        raise TemplateError(str(error)) from None
    names = [
        piece.name.lower() for s in segments for piece in s.pieces if not isinstance(piece, str)
    ]
    if len(set(names)) < len(names):
        raise TemplateError("a parameter's name occurs twice")
    if any(segment.catches_all for segment in segments[:-1]):
        raise TemplateError("what catches all must be last")
    return segments


def _parts(template: str) -> Iterator[str]:
    """Split a template at the slashes outside of braces."""
    depth, part = 0, ""
    for character in template.strip("/"):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "/" and depth == 0:
            yield from filter(None, [part])
            part = ""
        else:
            part += character
    if part:
        yield part


def _segment(part: str) -> Segment:
    pieces, end = [], 0
    for found in _PIECE.finditer(part):
        if found.start() != end:
            break
        end = found.end()
        literal = found[2] and found[2].replace("{{", "{").replace("}}", "}")
        pieces.append(literal or _parameter(found[1]))
    if end != len(part):
        raise ValueError(f"{part!r} has a brace without its other half")
    kinds = [isinstance(piece, Parameter) for piece in pieces]
    if any(one and other for one, other in pairwise(kinds)):
        raise ValueError(f"{part!r} has two parameters with nothing between them")
    if len(pieces) > 1:
        _check_mixed(part, pieces)
    return Segment(tuple(pieces))


def _check_mixed(part: str, pieces: list[str | Parameter]) -> None:
    for index, piece in enumerate(pieces):
        if isinstance(piece, str):
            continue
        if piece.catches_all:
            raise ValueError(f"{part!r} catches all and has something else besides")
        is_last = index == len(pieces) - 1
        if piece.is_optional and not (is_last and str(pieces[index - 1]).endswith(".")):
            raise ValueError(f"{part!r} has an optional parameter that is not last after a dot")


def _parameter(text: str) -> Parameter:
    found = _PARAMETER.fullmatch(text)
    if found is None:
        raise ValueError(f"{{{text}}} is not a parameter")
    return Parameter(
        found["name"],
        catches_all=bool(found["stars"]),
        is_optional=bool(found["optional"]),
        default=found["default"],
        constraints=tuple(constraint(each) for each in _CONSTRAINT.findall(found["constraints"])),
    )


def _shapes(pieces: tuple[str | Parameter, ...]) -> Iterator[tuple[str | Parameter, ...]]:
    """Return the pieces, and then those without an optional parameter and its dot at the end."""
    yield pieces
    last = pieces[-1]
    if len(pieces) > 1 and isinstance(last, Parameter) and last.is_optional:
        yield (*pieces[:-2], str(pieces[-2]).removesuffix("."))


def _pattern(pieces: tuple[str | Parameter, ...]) -> re.Pattern[str]:
    """Return a pattern with a group for each parameter; earlier ones take what they can."""
    texts = ["(.+)" if isinstance(piece, Parameter) else re.escape(piece) for piece in pieces]
    return re.compile("".join(texts), re.IGNORECASE | re.DOTALL)
