"""Routes as the real host matches them: in the order of function names, by ASP.NET's templates."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devhost.http.constraints import PatternError
from devhost.http.segments import Segment, match
from devhost.http.templates import TemplateError, parse_template
from devhost.worker.functions import StartError

# The real host reserves these, and every route that begins with them.
_RESERVED = ("admin", "runtime")
_OF_FRAMEWORKS = "/{*route}"  # of AsgiFunctionApp and WsgiFunctionApp


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


class RouteTable:
    """All routes of an app, in the order in which the host tries them: by function name.

    Args:
        routes: the routes, in any order.
        prefix: what stands before each route, ``api`` by default; may be empty.

    Attributes:
        routes: the routes that are tried, in order.
        refused: those that the real host puts in error and never tries, each with the reason.

    Raises:
        StartError: the real host does not start with this prefix or these routes.
    """

    def __init__(self, routes: Iterable[Route], prefix: str = "api") -> None:
        self.routes: list[Route] = []
        self.refused: list[tuple[Route, str]] = []
        self.prefix = prefix
        self._segments: dict[str, tuple[Segment, ...]] = {}
        for route in sorted(routes, key=lambda route: route.function.upper()):
            if reason := self._find_reason_against(route):
                self.refused.append((route, reason))
            else:
                self.routes.append(route)

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Find the function for a request.

        Args:
            method: in upper case.
            path: decoded but for %2F, with dot segments resolved.
        """
        parts = path.removeprefix("/").split("/")
        for route in self.routes:
            if route.methods and method not in route.methods:
                continue
            values = match(self._segments[route.function], parts)
            if values is not None:
                return route, values
        return None

    def shadowed(self) -> list[tuple[Route, Route]]:
        """Return the routes that no request can reach, each with the one that takes them all."""
        return [
            (later, earlier)
            for index, later in enumerate(self.routes)
            for earlier in self.routes[:index]
            if _takes_methods(earlier, later)
            and _takes_paths(self._segments[earlier.function], self._segments[later.function])
        ]

    def _find_reason_against(self, route: Route) -> str | None:
        try:
            self._segments[route.function] = _parse(route, self.prefix)
        except PatternError as error:
            return f"this host cannot read its pattern: {error}"
        if route.template.strip("/").lower().startswith(_RESERVED):
            return f"the host reserves routes that begin with {' or '.join(_RESERVED)}"
        for earlier in self.routes:
            same = earlier.template.strip("/").lower() == route.template.strip("/").lower()
            if same and _share_a_method(earlier, route):
                return f"{earlier.function} has the same route and a method in common with it"
        return None


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


def _parse(route: Route, prefix: str) -> tuple[Segment, ...]:
    """Read a route with its prefix.

    Raises:
        StartError: ASP.NET refuses it, and the real host does not start.
        PatternError: ASP.NET may take it, and this host cannot.
    """
    try:
        return parse_template(f"{prefix}/{route.template}" if prefix else route.template)
    except TemplateError as error:
        _check_prefix(prefix)
        whole = f"/{prefix}/{route.template}" if prefix else route.template
        raise StartError(
            route.function, f"the route {whole!r}: {error}. {_suggest_cure(route)}"
        ) from None


def _check_prefix(prefix: str) -> None:
    try:
        parse_template(f"{prefix}/x" if prefix else "x")
    except TemplateError as error:
        cure = f"Write it as {_remove_empty_parts(prefix)!r}."
        raise StartError("", f"routePrefix {prefix!r}: {error}. {cure}") from None


def _suggest_cure(route: Route) -> str:
    if route.template == _OF_FRAMEWORKS:
        return (
            'AsgiFunctionApp and WsgiFunctionApp need an empty prefix: put "extensions": {"http":'
            ' {"routePrefix": ""}} into host.json.'
        )
    better = _remove_empty_parts(route.template)
    return "Correct the template." if better == route.template else f"Write it as {better!r}."


def _remove_empty_parts(template: str) -> str:
    return re.sub("/+", "/", template).strip("/")


def _share_a_method(one: Route, other: Route) -> bool:
    return not one.methods or not other.methods or bool(one.methods & other.methods)


def _takes_methods(earlier: Route, later: Route) -> bool:
    return not earlier.methods or bool(later.methods and later.methods <= earlier.methods)


def _takes_paths(earlier: Sequence[Segment], later: Sequence[Segment]) -> bool:
    """Return whether every path that fits the later route fits the earlier one."""
    for index, segment in enumerate(earlier):
        if segment.catches_all and segment.missing is not None:
            return True
        if index >= len(later):
            return all(rest.missing is not None for rest in earlier[index:])
        if segment.catches_all or not segment.covers(later[index]):
            return False
    return len(later) <= len(earlier)
