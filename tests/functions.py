"""The app's registered functions, as the tests see them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import azure.functions as func

import function_app


@dataclass(frozen=True)
class Function:
    """One HTTP function: what the host knows of it, and the handler."""

    name: str
    route: str
    methods: tuple[str, ...]
    auth_level: str
    handler: Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


def collect() -> list[Function]:
    """Read the functions off the app, whether or not a worker has loaded it or will."""
    app: Any = function_app.app
    # The app refuses to be asked twice, unless it forgets the first time.
    app.functions_bindings = {}
    registered = app.get_functions()
    app.functions_bindings = {}
    return [_http_function(one) for one in registered if one.is_http_function()]


def _http_function(registered: Any) -> Function:
    trigger = registered.get_trigger()
    return Function(
        name=registered.get_function_name(),
        route=trigger.route,
        methods=tuple(str(getattr(method, "value", method)) for method in trigger.methods or ()),
        auth_level=str(getattr(trigger.auth_level, "value", trigger.auth_level)).upper(),
        handler=registered.get_user_function(),
    )
