"""The host without its sockets: turns a request into the response that the real host sends."""

import json
import logging
import os
import re
from dataclasses import replace
from urllib.parse import urlsplit

from devhost.host_json import HostJson
from devhost.http.loopback import is_loopback
from devhost.http.requests import BadRequest, Parsed, Request, parse, rpc_http
from devhost.http.responses import Response, UnsendableError, check_headers, response_of
from devhost.http.routing import Route, RouteTable
from devhost.triggers.background import Background
from devhost.worker.functions import Function, Runner, is_disabled
from devhost.worker.messages import TypedData

_log = logging.getLogger("devhost")
_RUN_BY_HAND = re.compile("/admin/functions/([^/]+)", re.IGNORECASE)
_DEFAULT = HostJson()
_HOME_PAGE_OFF = "AzureWebJobsDisableHomepage"
_HOME_PAGE = (
    b"<!doctype html><title>devhost</title><p>The function app is up and running."
    b" Its functions are at the addresses that were printed at the start."
)


class Host:
    """Answers requests with an app's functions.

    Args:
        worker: the loaded app.
        host_json: what host.json says.
        address: the host and port that requests without a Host header of their own are for.
        background: sends the functions' messages and runs them by hand; created when left out.

    Attributes:
        routes: the routes in the order in which they are tried.
        background: the functions that no request starts.
    """

    def __init__(
        self,
        worker: Runner,
        host_json: HostJson = _DEFAULT,
        address: str = "localhost",
        background: Background | None = None,
    ) -> None:
        self.address = address
        self.worker = worker
        self.background = background or Background(worker)
        self._functions = {
            function.name: function
            for function in worker.functions
            if function.is_http
            and not is_disabled(function.name)
            and not self.background.is_in_error(function.name)
            and (host_json.functions is None or function.name.lower() in host_json.functions)
        }
        self._headers = list(host_json.custom_headers)
        self.routes = RouteTable(map(_route, self._functions.values()), host_json.route_prefix)

    async def handle(self, request: Request) -> tuple[Response, str]:
        """Return the answer to a request and the function's name, or - where the host answers."""
        try:
            parsed = parse(request)
        except BadRequest:
            return Response(400), "-"
        address = parsed.headers.get("host", self.address)
        if not address:
            # The real host fails on an empty Host header.
            return Response(500), "-"
        by_hand = _RUN_BY_HAND.fullmatch(parsed.path)
        if by_hand and request.method.upper() == "POST" and _is_local(request, parsed, address):
            return self._run_by_hand(by_hand[1], request.body), "-"
        found = self.routes.match(request.method.upper(), parsed.path)
        if found is None:
            return _answer_without_function(parsed.path), "-"
        route, values = found
        function = self._functions[route.function]
        message = rpc_http(request, parsed, values, address)
        response = await self._call(function, message)
        try:
            return self._add_headers(response), function.name
        except UnsendableError as error:
            _log.error("customHeaders of host.json: %s", error)
            return Response(500), function.name

    def _add_headers(self, response: Response) -> Response:
        """Add customHeaders of host.json, but for those that the function set itself."""
        present = {name.lower() for name, _ in response.headers}
        more = [pair for pair in self._headers if pair[0].lower() not in present]
        return replace(response, headers=[*response.headers, *check_headers(more)])

    async def _call(self, function: Function, message: TypedData) -> Response:
        inputs = {function.trigger["name"]: message}
        outcome = await self.background.invoker.invoke(function, inputs)
        if outcome.failure:
            return Response(500)
        is_head = message.value.method == "HEAD"
        try:
            return response_of(outcome.returned, is_head=is_head)
        except UnsendableError as error:
            _log.error("%s: %s", function.name, error)
            return Response(500, error.headers)

    def _run_by_hand(self, name: str, body: bytes) -> Response:
        """Start a background function; as on the real host, the answer does not wait for it."""
        try:
            text = _read_input(body)
        except ValueError:
            return Response(400)
        for function in self.background.by_hand():
            if function.name.lower() == name.lower():
                self.background.run_soon(function, text)
                return Response(202)
        return Response(404)


def _is_local(request: Request, parsed: Parsed, address: str) -> bool:
    """Return whether a request comes from this machine and not from a web page.

    A page sends Origin with each POST. A page whose name resolves to this machine (DNS rebinding)
    has its own name in Host.
    """
    return (
        is_loopback(request.peer or "127.0.0.1")
        and is_loopback(urlsplit(f"//{address}").hostname or "")
        and "origin" not in parsed.headers
    )


def _read_input(body: bytes) -> str:
    """Read the body of a call by hand.

    Raises:
        ValueError: it is not a JSON object, or its input is not text.
    """
    try:
        content = json.loads(body or b"{}")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind of error for all
    text = content.get("input")
    if not isinstance(text, str | None):
        raise ValueError("input must be text")  # noqa: TRY004 - the same
    return text or ""


def _answer_without_function(path: str) -> Response:
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
