"""Reads ASP.NET's route templates: literals, parameters, parts that mix both (``{name}.html``).

https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from devhost.http.constraints import constraint
from devhost.http.segments import Parameter, Segment, folded

# What is in the braces: {name}, {*name}, {name?}, {name=5}, {name:int}, {name:length(1,5):alpha}.
_PARAMETER = re.compile(
    r"(?P<stars>\*{0,2})(?P<name>[^:?=*{}/]+)"
    r"(?P<constraints>(?::\w+(?:\(.*?\))?(?=:|\?|=|$))*)(?:=(?P<default>.*?))?(?P<optional>\??)"
)
_CONSTRAINT = re.compile(r":(\w+(?:\(.*?\))?)(?=:|$)")
# A brace that is written twice stands for itself.
_TOKEN = re.compile(
    r"\{(?!\{)(?P<parameter>(?:[^{}]|\{\{|\}\})*)\}(?!\})"
    r"|(?P<literal>(?:[^{}/]|\{\{|\}\})+)|(?P<slash>/)"
)


class TemplateError(ValueError):
    """ASP.NET refuses a template; the message says why."""


def parse_template(template: str) -> tuple[Segment, ...]:
    """Read a whole template, prefix included.

    Raises:
        TemplateError: ASP.NET refuses it too.
        constraints.PatternError: a regular expression is not one that Python can read.
    """
    try:
        segments = tuple(map(_segment, _parts(template)))
    except ValueError as error:
        raise TemplateError(str(error)) from None
    pieces = [piece for segment in segments for piece in segment.pieces]
    names = [piece.name.lower() for piece in pieces if isinstance(piece, Parameter)]
    if len(set(names)) < len(names):
        raise TemplateError("a parameter's name occurs twice")
    if any(segment.catches_all for segment in segments[:-1]):
        raise TemplateError("what catches all must be last")
    return segments


def _parts(template: str) -> Iterator[list[str | Parameter]]:
    """Split a template at its slashes, and each part into literals and parameters."""
    text = template.removeprefix("~/") if template.startswith("~") else template.removeprefix("/")
    if text.startswith("~"):
        raise ValueError("it begins with ~")
    pieces: list[str | Parameter] = []
    for token in _tokens(text):
        if token.lastgroup != "slash":
            pieces.append(_piece(token))
            continue
        if not pieces:
            raise ValueError("it has an empty part in front of a slash")
        yield pieces
        pieces = []
    if pieces:
        yield pieces


def _tokens(text: str) -> Iterator[re.Match[str]]:
    end = 0
    while end < len(text):
        token = _TOKEN.match(text, end)
        if token is None:
            raise ValueError("it has a brace without its other half")
        yield token
        end = token.end()


def _piece(token: re.Match[str]) -> str | Parameter:
    if token.lastgroup == "parameter":
        return _parameter(token["parameter"])
    literal = token["literal"].replace("{{", "{").replace("}}", "}")
    if "?" in literal:
        raise ValueError(f"{literal!r} holds a question mark outside of a parameter")
    return folded(literal)


def _segment(pieces: list[str | Parameter]) -> Segment:
    kinds = [isinstance(piece, Parameter) for piece in pieces]
    if any(one and other for one, other in pairwise(kinds)):
        raise ValueError("two parameters have nothing between them")
    if len(pieces) > 1:
        _check_mixed(pieces)
    return Segment(tuple(pieces))


def _check_mixed(pieces: list[str | Parameter]) -> None:
    for index, piece in enumerate(pieces):
        if isinstance(piece, str):
            continue
        if piece.catches_all:
            raise ValueError(f"{piece.name} catches all and has something else next to it")
        is_last = index == len(pieces) - 1
        if piece.is_optional and not (is_last and pieces[index - 1] == "."):
            raise ValueError(f"{piece.name} is optional, but not last after a dot")


def _parameter(text: str) -> Parameter:
    found = _PARAMETER.fullmatch(text)
    if found is None:
        raise ValueError(f"{{{text}}} is not a parameter")
    if found["optional"] and (found["stars"] or found["default"] is not None):
        raise ValueError(f"{{{text}}} cannot be optional")
    return Parameter(
        found["name"],
        catches_all=bool(found["stars"]),
        is_optional=bool(found["optional"]),
        default=found["default"],
        constraints=tuple(constraint(each) for each in _CONSTRAINT.findall(found["constraints"])),
    )
