"""The one decorator of ours under a trigger: what every request and answer goes through."""

import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from uuid import uuid4

import azure.functions as func

from petstore.errors import ConfigurationError
from petstore.http.conditions import if_changed
from petstore.http.cors import check_origin, cors_headers
from petstore.http.negotiation import JSON, check_accept
from petstore.http.problems import error_answer
from petstore.http.routes import Operation
from petstore.settings import Settings
from petstore.usage import Usage, counted

Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]

# A name of its own: `make start` leaves it out, as the dev host prints each request itself.
_log = logging.getLogger("petstore.requests")
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
# version 00 of W3C Trace Context, 3.2; the groups are trace and parent
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")
# Methods whose answer has a body of ours.
_ANSWERED = {"GET", "HEAD", "POST", "PUT", "PATCH", "QUERY"}
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class Endpoint:
    """Turns handlers into endpoints: ``@endpoint``, or ``@endpoint.producing("text/html")``.

    Whatever a handler raises becomes an answer; each answer gets its common headers, and each
    request its log line. The signature stays as it is: the worker refuses an app whose handlers
    have other parameters than their bindings.

    Args:
        settings: returns the settings; may raise ConfigurationError.
        operations: the app's HTTP functions, for the log.
        report: called in each request; says once what operators should know.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        operations: Iterable[Operation],
        report: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._operations = operations
        self._report = report

    def __call__(self, handler: Handler) -> Handler:
        """Wrap a handler that produces JSON."""
        return self.producing(JSON)(handler)

    def producing(self, media_type: str) -> Callable[[Handler], Handler]:
        """Return the decorator for handlers that produce this media type."""

        def wrap(handler: Handler) -> Handler:
            @wraps(handler)
            async def endpoint(req: func.HttpRequest) -> func.HttpResponse:
                return await self._serve(handler, media_type, req)

            return endpoint

        return wrap

    async def _serve(
        self, handler: Handler, media_type: str, req: func.HttpRequest
    ) -> func.HttpResponse:
        begin = time.perf_counter()
        self._report()
        request_id = _request_id(req)
        with counted() as usage:
            response = await self._answer(handler, media_type, req, request_id)
        seconds = time.perf_counter() - begin
        served = _Served(request_id, usage, seconds)
        response.headers.add("X-Content-Type-Options", "nosniff")
        if not _is_shared(response):
            response.headers.extend(_own_headers(served))
        _add(response, self._cors_headers(req, response))
        route = self._routes.get(handler.__name__, handler.__name__)
        _log.info("%s", _log_line(route, req, response.status_code, served))
        return response

    async def _answer(
        self, handler: Handler, media_type: str, req: func.HttpRequest, request_id: str
    ) -> func.HttpResponse:
        try:
            if req.method in _WRITES:
                check_origin(req, self._settings().cors_origins)
            if req.method in _ANSWERED:
                check_accept(req, media_type)
            return if_changed(req, await handler(req))
        except Exception as error:  # the last place where a bug can become an answer
            return error_answer(error, req, request_id)

    def _cors_headers(
        self, req: func.HttpRequest, response: func.HttpResponse
    ) -> Mapping[str, str]:
        try:
            origins = self._settings().cors_origins
        except ConfigurationError:
            return {}
        return cors_headers(req, response, origins)

    @cached_property
    def _routes(self) -> Mapping[str, str]:
        """Each function's route by its name; complete when the first request comes."""
        return {operation.name: operation.route for operation in self._operations}


@dataclass(frozen=True)
class _Served:
    """How a request was served: its id, what it took of the store, seconds in all."""

    request_id: str
    usage: Usage
    seconds: float


def _log_line(route: str, req: func.HttpRequest, status: int, served: _Served) -> str:
    """Return a request's line as JSON, without anything that its sender wrote freely."""
    trace = _TRACEPARENT.fullmatch(req.headers.get("traceparent", ""))
    line = {
        "method": str(req.method)[:20],
        "route": route,
        "status": status,
        "ms": round(served.seconds * 1000, 1),
        "ru": served.usage.charge,
        "cache": served.usage.cache,
        "request_id": served.request_id,
        "trace_id": trace[1] if trace else None,
        "parent_id": trace[2] if trace else None,
    }
    return json.dumps({name: value for name, value in line.items() if value is not None})


def _request_id(req: func.HttpRequest) -> str:
    given = req.headers.get("x-request-id", "")
    return given if _SANE_REQUEST_ID.fullmatch(given) else str(uuid4())


def _is_shared(response: func.HttpResponse) -> bool:
    """Return whether caches may store the answer and replay it to others as it is."""
    return "public" in response.headers.get("Cache-Control", "")


def _add(response: func.HttpResponse, headers: Mapping[str, str]) -> None:
    """Add headers that an answer does not have yet; what selects it (Vary) adds up."""
    mine, more = response.headers.get("Vary"), headers.get("Vary")
    response.headers.extend(headers)
    if mine and more:
        response.headers["Vary"] = f"{mine}, {more}"


def _own_headers(served: _Served) -> dict[str, str]:
    """Return the headers that are true for this request only."""
    store, total = served.usage.seconds * 1000, served.seconds * 1000
    cache = f", cache;desc={served.usage.cache}" if served.usage.cache else ""
    headers = {
        "X-Request-Id": served.request_id,
        # W3C Server-Timing; milliseconds
        "Server-Timing": f"store;dur={store:.1f}, total;dur={total:.1f}{cache}",
    }
    if served.usage.charge is not None:
        headers["X-Request-Charge"] = f"{served.usage.charge:.2f}"
    return headers
