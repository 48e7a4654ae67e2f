"""The host without its sockets: from a request to the response, as the real host gives it."""

import logging
import os

from devhost.functions import Function, Runner, is_disabled
from devhost.messages import TypedData
from devhost.requests import BadRequest, Request, joined_headers, rpc_http
from devhost.responses import Response, UnsendableError, response_of
from devhost.routing import Route, RouteTable

_log = logging.getLogger("devhost")
_HOME_PAGE_OFF = "AzureWebJobsDisableHomepage"
_HOME_PAGE = (
    b"<!doctype html><title>devhost</title><p>The function app is up and running."
    b" Its functions are at the addresses that were printed at the start."
)


class Host:
    """Answers requests with an app's functions.

    Args:
        worker: the loaded app.
        prefix: what stands before each route.
        address: the host and port that requests without a Host header of their own are for.

    Attributes:
        routes: the routes in the order in which they are tried.
    """

    def __init__(self, worker: Runner, prefix: str = "api", address: str = "localhost") -> None:
        self.address = address
        self.worker = worker
        self._functions = {
            function.name: function
            for function in worker.functions
            if function.is_http and not is_disabled(function.name)
        }
        self.routes = RouteTable(map(_route, self._functions.values()), prefix)

    async def handle(self, request: Request) -> tuple[Response, str]:
        """Answer a request; also tell the function's name, or - where the host itself answers."""
        try:
            path, _, headers = request.path, request.query, joined_headers(request)
        except BadRequest:
            return Response(400), "-"
        if not headers.get("host", self.address):
            # The real host stumbles over an empty Host header.
            return Response(500), "-"
        found = self.routes.match(request.method.upper(), path)
        if found is None:
            return _own_answer(path), "-"
        route, values = found
        function = self._functions[route.function]
        message = rpc_http(request, values, headers.get("host", self.address))
        return await self._call(function, message), function.name

    async def _call(self, function: Function, message: TypedData) -> Response:
        outcome = await self.worker.invoke(function, {function.trigger["name"]: message})
        if outcome.failure:
            # The message stands in the last line of the trace.
            _log.error("%s failed: %s", function.name, outcome.failure[1] or outcome.failure[0])
            return Response(500)
        try:
            return response_of(outcome.returned)
        except UnsendableError as error:
            _log.error("%s: %s", function.name, error)
            return Response(500)


def _own_answer(path: str) -> Response:
    if path == "/":
        if os.environ.get(_HOME_PAGE_OFF, "").lower() == "true":
            return Response(204)
        return Response(200, [("Content-Type", "text/html")], _HOME_PAGE)
    if path == "*":
        return Response(405, [("Allow", "OPTIONS")])
    if path.lower().startswith(("/admin/", "/runtime/")):
        return Response(401, [("WWW-Authenticate", "Bearer")])
    return Response(404)


def _route(function: Function) -> Route:
    trigger = function.trigger
    template = trigger["route"] if trigger.get("route") is not None else function.name
    methods = frozenset(str(method).upper() for method in trigger.get("methods") or ())
    return Route(function.name, template, methods)
