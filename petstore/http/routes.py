"""The app's own table of paths and methods, built while the triggers register.

The Functions host answers a bare 404 for a wrong method; from this table the catch-all answers
405 and OPTIONS instead, and the OpenAPI document is made.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import azure.functions as func


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
    """A FunctionApp that remembers its HTTP functions in ``operations``."""

    def __init__(self) -> None:
        # Callers hold tokens, not function keys.
        super().__init__(http_auth_level=func.AuthLevel.ANONYMOUS)
        self.operations: list[Operation] = []

    def route(  # type: ignore[override]  # two of its parameters are all that is used here
        self, route: str, methods: Iterable[str] = ()
    ) -> Callable[[Any], Any]:
        """Register as ``FunctionApp.route`` does, and remember."""
        register = super().route(route, methods=tuple(methods) or None)

        def remember(handler: Callable[..., Any]) -> Any:  # noqa: ANN401 - the SDK's builder
            summary = (handler.__doc__ or "").partition("\n")[0].rstrip(".")
            self.operations.append(Operation(handler.__name__, summary, route, tuple(methods)))
            return register(handler)

        return remember


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
