"""Routes with the real host's manners: order by function name, ASP.NET's templates."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from devhost.http.templates import Segment, TemplateError, parse_template
from devhost.worker.functions import StartError

# The real host keeps these for itself, and whatever begins with them.
_RESERVED = ("admin", "runtime")


@dataclass(frozen=True)
class Route:
    """One function's route.

    Attributes:
        function: the function's name.
        template: the route as written, without the prefix.
        methods: in upper case; empty means all.
        error: why the template cannot be read; None when it can.
    """

    function: str
    template: str
    methods: frozenset[str]
    segments: tuple[Segment, ...] = field(init=False)
    error: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Read the template."""
        try:
            segments = parse_template(self.template)
        except TemplateError as error:
            segments = ()
            object.__setattr__(self, "error", str(error))
        object.__setattr__(self, "segments", segments)

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """Return the parameters when a path's parts fit, else None.

        Args:
            parts: the path behind the prefix, split at slashes. One slash at the end makes no
                difference, but what catches all is handed it.
        """
        values: dict[str, str] = {}
        whole, parts = parts, parts[:-1] if parts[-1:] == [""] else parts
        for index, segment in enumerate(self.segments):
            if segment.catches_all:
                found = segment.match("/".join(whole[index:]))
                return None if found is None else values | (found or segment.missing or {})
            found = segment.match(parts[index]) if index < len(parts) else segment.missing
            if found is None:
                return None
            values |= found
        return values if len(parts) <= len(self.segments) else None


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
        if prefix.startswith("/") or prefix.endswith("/") or "//" in prefix:
            raise StartError("", f"routePrefix {prefix!r} of host.json begins or ends with a slash")
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
        """Return the routes that no request can reach, each with the one that takes them all."""
        return [
            (later, earlier)
            for index, later in enumerate(self.routes)
            for earlier in self.routes[:index]
            if _takes_all(earlier, later)
        ]

    def _reason_against(self, route: Route) -> str | None:
        _check_slashes(route, self.prefix)
        if route.error is not None:
            return f"the template cannot be read: {route.error}"
        if route.template.strip("/").lower().startswith(_RESERVED):
            return f"the host keeps routes that begin with {' or '.join(_RESERVED)} for itself"
        for earlier in self.routes:
            same = earlier.template.strip("/").lower() == route.template.strip("/").lower()
            if same and _share_a_method(earlier, route):
                return f"{earlier.function} has the same route and a method in common with it"
        return None

    def _parts(self, path: str) -> list[str] | None:
        """Return the path's parts behind the prefix."""
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


def _check_slashes(route: Route, prefix: str) -> None:
    whole = f"{prefix}/{route.template}" if prefix else route.template.removeprefix("/")
    if "//" not in whole and not whole.startswith("/"):
        return
    cure = "Write the route without it."
    if route.template == "/{*route}":
        cure = (
            'AsgiFunctionApp and WsgiFunctionApp need an empty prefix: put {"extensions": {"http":'
            ' {"routePrefix": ""}}} into host.json.'
        )
    reason = f"the route {whole!r} has an empty part between two slashes. {cure}"
    raise StartError(route.function, reason)


def _share_a_method(one: Route, other: Route) -> bool:
    return not one.methods or not other.methods or bool(one.methods & other.methods)


def _takes_all(earlier: Route, later: Route) -> bool:
    """Return whether every request for the later route goes to the earlier one."""
    if earlier.methods and not (later.methods and later.methods <= earlier.methods):
        return False
    for index, segment in enumerate(earlier.segments):
        if segment.catches_all and segment.missing is not None:
            return True
        if index >= len(later.segments):
            return all(rest.missing is not None for rest in earlier.segments[index:])
        if segment.catches_all or not segment.covers(later.segments[index]):
            return False
    return len(later.segments) <= len(earlier.segments)
