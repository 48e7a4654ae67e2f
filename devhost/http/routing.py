"""Routes with the real host's manners: order by function name, ASP.NET's templates.

Pure functions; nothing of Azure is imported.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from devhost.http.constraints import Constraint, constraint

# {name}, {*name}, {name?}, {name:int}, {name:length(1,5):alpha}; this is what stands in the braces.
_PARAMETER = re.compile(
    r"(?P<stars>\*{0,2})(?P<name>[^:?=*{}]+)"
    r"(?P<constraints>(?::\w+(?:\(.*?\))?(?=:|\?|$))*)(?P<optional>\??)"
)
_CONSTRAINT = re.compile(r":(\w+(?:\(.*?\))?)(?=:|$)")
# The real host keeps these for itself, and whatever begins with them.
_RESERVED = ("admin", "runtime")


class RouteError(ValueError):
    """A route's template cannot be read.

    Attributes:
        function: the function whose route it is.
    """

    def __init__(self, function: str, template: str, reason: object) -> None:
        super().__init__(f"function {function}, route {template!r}: {reason}")
        self.function = function


@dataclass(frozen=True)
class Segment:
    """One part of a template between slashes.

    Attributes:
        text: the literal, in upper case, or the parameter's name.
        is_parameter: whether it is a parameter.
        catches_all: whether it takes the whole rest.
        is_optional: whether it may be missing.
        constraints: what a value must pass.
    """

    text: str
    is_parameter: bool = False
    catches_all: bool = False
    is_optional: bool = False
    constraints: tuple[Constraint, ...] = ()

    def fits(self, part: str) -> bool:
        """Tell whether a path's part, or the rest of the path, fits."""
        if not self.is_parameter:
            return part.upper() == self.text
        if not part:
            return self.catches_all and not self.constraints
        return all(each.passes(part) for each in self.constraints)

    def covers(self, other: "Segment") -> bool:
        """Tell whether every part that fits the other segment fits this one."""
        if not self.is_parameter:
            return self == other
        if other.catches_all or (other.is_optional and not self.is_optional):
            return self.catches_all and not self.constraints
        if not other.is_parameter:
            return self.fits(other.text)
        return set(self.constraints) <= set(other.constraints)


@dataclass(frozen=True)
class Route:
    """One function's route.

    Attributes:
        function: the function's name.
        template: the route as written, without the prefix.
        methods: in upper case; empty means all.
    """

    function: str
    template: str
    methods: frozenset[str]
    segments: tuple[Segment, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read the template; RouteError when it cannot be read."""
        parts = [part for part in self.template.strip("/").split("/") if part]
        try:
            segments = tuple(_segment(part) for part in parts)
        except (ValueError, re.error) as error:
            raise RouteError(self.function, self.template, error) from None
        object.__setattr__(self, "segments", segments)

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """Give the parameters when a path's parts fit, else None.

        Args:
            parts: the path behind the prefix, split at slashes. One slash at the end makes no
                difference, but what catches all is handed it.
        """
        values: dict[str, str] = {}
        whole, parts = parts, parts[:-1] if parts[-1:] == [""] else parts
        for index, segment in enumerate(self.segments):
            if segment.catches_all:
                rest = "/".join(whole[index:])
                if not segment.fits(rest):
                    return None
                return values | ({segment.text: rest} if rest else {})
            if index >= len(parts):
                if segment.is_optional:
                    continue
                return None
            if not segment.fits(parts[index]):
                return None
            if segment.is_parameter:
                values[segment.text] = parts[index]
        return values if len(parts) <= len(self.segments) else None


class RouteTable:
    """All routes of an app, in the order in which the host tries them: by function name.

    Args:
        routes: the routes, in any order.
        prefix: what stands before each route, ``api`` by default; may be empty.

    Attributes:
        routes: the routes that are tried, in order.
        refused: those that the real host puts in error and never tries, each with the reason.
    """

    def __init__(self, routes: Iterable[Route], prefix: str = "api") -> None:
        self.routes: list[Route] = []
        self.refused: list[tuple[Route, str]] = []
        self.prefix = prefix.strip("/")
        for route in sorted(routes, key=lambda route: route.function.upper()):
            if reason := self._reason_against(route):
                self.refused.append((route, reason))
            else:
                self.routes.append(route)

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Find the function for a request.

        Args:
            method: in upper case.
            path: decoded but for %2F, with dot segments resolved.
        """
        parts = self._parts(path)
        if parts is None:
            return None
        for route in self.routes:
            if route.methods and method not in route.methods:
                continue
            values = route.match(parts)
            if values is not None:
                return route, values
        return None

    def shadowed(self) -> list[tuple[Route, Route]]:
        """Give the routes that no request can reach, each with the one that takes them all."""
        return [
            (later, earlier)
            for index, later in enumerate(self.routes)
            for earlier in self.routes[:index]
            if _takes_all(earlier, later)
        ]

    def _reason_against(self, route: Route) -> str | None:
        if route.template.strip("/").lower().startswith(_RESERVED):
            return f"the host keeps routes that begin with {' or '.join(_RESERVED)} for itself"
        for earlier in self.routes:
            same = earlier.template.strip("/").lower() == route.template.strip("/").lower()
            if same and _share_a_method(earlier, route):
                return f"{earlier.function} has the same route and a method in common with it"
        return None

    def _parts(self, path: str) -> list[str] | None:
        """Give the path's parts behind the prefix."""
        parts = path.removeprefix("/").split("/")
        prefix = [part for part in self.prefix.upper().split("/") if part]
        if [part.upper() for part in parts[: len(prefix)]] != prefix:
            return None
        rest = parts[len(prefix) :]
        # The real host does not look behind an empty first part: /api//pets is nothing of ours.
        return None if len(rest) > 1 and not rest[0] else rest


def resolve_dots(path: str) -> str:
    """Resolve ``.`` and ``..`` (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            if len(kept) > 1:
                kept.pop()
        elif part != ".":
            kept.append(part)
    if parts[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept) or "/"


def _segment(part: str) -> Segment:
    if "{" not in part and "}" not in part:
        return Segment(part.upper())
    found = _PARAMETER.fullmatch(part[1:-1]) if part[0] == "{" and part[-1] == "}" else None
    if found is None:
        raise ValueError(f"{part!r} is neither a literal nor one {{parameter}}")
    return Segment(
        found["name"],
        is_parameter=True,
        catches_all=bool(found["stars"]),
        is_optional=bool(found["optional"]),
        constraints=tuple(constraint(text) for text in _CONSTRAINT.findall(found["constraints"])),
    )


def _share_a_method(one: Route, other: Route) -> bool:
    return not one.methods or not other.methods or bool(one.methods & other.methods)


def _takes_all(earlier: Route, later: Route) -> bool:
    """Tell whether every request for the later route goes to the earlier one."""
    if earlier.methods and not (later.methods and later.methods <= earlier.methods):
        return False
    for index, segment in enumerate(earlier.segments):
        if segment.catches_all and not segment.constraints:
            return True
        if index >= len(later.segments):
            return all(rest.is_optional or rest.catches_all for rest in earlier.segments[index:])
        if segment.catches_all or not segment.covers(later.segments[index]):
            return False
    return len(later.segments) <= len(earlier.segments)
