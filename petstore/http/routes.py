"""The app's own table of paths and methods, built while the triggers register.

The Functions host answers a bare 404 for a wrong method; from this table the catch-all answers
405 and OPTIONS instead, and the OpenAPI document is made.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import azure.functions as func
from azure.functions.decorators.http import HttpMethod

_Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]
# The methods that this version of the SDK lets a function declare; 1.x does not know QUERY.
KNOWN_METHODS = frozenset(HttpMethod.__members__)


@dataclass(frozen=True)
class Operation:
    """One registered HTTP function.

    Attributes:
        name: the function's name.
        summary: the first line of its docstring.
        route: the route without the prefix, ``pets/{pet_id}``.
        methods: the methods it takes; none means all that no other function takes.
    """

    name: str
    summary: str
    route: str
    methods: tuple[str, ...]


class RoutedApp(func.FunctionApp):
    """A FunctionApp that remembers its HTTP functions in ``operations``.

    A function whose method the SDK does not know is reached through the one that declares no
    methods, since the host hands that one every other method.
    """

    def __init__(self) -> None:
        # Callers hold tokens, not function keys.
        super().__init__(http_auth_level=func.AuthLevel.ANONYMOUS)
        self.operations: list[Operation] = []
        self._unknown: list[tuple[Operation, _Handler]] = []

    def route(  # type: ignore[override]  # two of its parameters are all that is used here
        self, route: str, methods: Iterable[str] = ()
    ) -> Callable[[Any], Any]:
        """Register as ``FunctionApp.route`` does, and remember."""
        methods = tuple(methods)
        register = super().route

        def remember(handler: _Handler) -> Any:  # noqa: ANN401 - the SDK's builder
            summary = (handler.__doc__ or "").partition("\n")[0].rstrip(".")
            operation = Operation(handler.__name__, summary, route, methods)
            self.operations.append(operation)
            if not KNOWN_METHODS.issuperset(methods):
                self._unknown.append((operation, handler))
                return handler
            if not methods:
                handler = self._pass_on_unknown(handler)
            return register(route, methods=methods or None)(handler)

        return remember

    def _pass_on_unknown(self, handler: _Handler) -> _Handler:
        @wraps(handler)
        async def pass_on(req: func.HttpRequest) -> func.HttpResponse:
            path = req.route_params.get("path", "")
            for operation, other in self._unknown:
                if req.method in operation.methods and _pattern(operation.route).fullmatch(path):
                    return await other(req)
            return await handler(req)

        return pass_on


def methods_at(operations: Iterable[Operation], path: str) -> list[str]:
    """Return the methods that a path (without the prefix) takes; none for an unknown path."""
    methods = [
        method
        for operation in operations
        if operation.methods and _pattern(operation.route).fullmatch(path)
        for method in operation.methods
    ]
    return sorted([*methods, "OPTIONS"]) if methods else []


def _pattern(route: str) -> re.Pattern[str]:
    # re keeps its own cache of compiled patterns. The host ignores case and one final slash.
    parts = re.split(r"\{[a-z_]+\}", route)
    return re.compile("[^/]+".join(re.escape(part) for part in parts) + "/?", re.IGNORECASE)
