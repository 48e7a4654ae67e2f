"""A client that calls the app as the host does, without a port."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import azure.functions as func

from devhost.host import Host
from devhost.http.requests import Request
from devhost.worker.functions import Function, Outcome
from devhost.worker.messages import Message, TypedData
from tests import functions as app_functions
from tests.tree import ROOT


@dataclass(frozen=True)
class Answer:
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Decode the body."""
        return json.loads(self.body)


class Client:
    """Sends requests to a host in this process."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def request(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Send a request with these bytes, as JSON when nothing else is said; None for no header.

        A target without a slash at the beginning is relative to /api/pets, as its Location is.
        """
        if not target.startswith("/"):
            target = urljoin("/api/pets", target)
        said = {"Content-Type": "application/json"} if body else {}
        named = {
            name: value for name, value in {**said, **(headers or {})}.items() if value is not None
        }
        sent = Request(method, target, list(named.items()), body)
        response, _ = await self._host.handle(sent)
        names = [name.lower() for name, _ in response.headers]
        assert len(names) == len(set(names))
        values = [value for _, value in response.headers]
        return Answer(response.status, dict(zip(names, values, strict=True)), response.body)

    async def get(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a GET."""
        return await self.request("GET", target, headers=headers)

    async def post(self, target: str, body: object, **headers: str) -> Answer:
        """Send a POST with JSON."""
        return await self._send("POST", target, body, headers)

    async def put(self, target: str, body: object, **headers: str) -> Answer:
        """Send a PUT with JSON."""
        return await self._send("PUT", target, body, headers)

    async def patch(self, target: str, body: object, **headers: str) -> Answer:
        """Send a PATCH with JSON."""
        return await self._send("PATCH", target, body, headers)

    async def delete(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a DELETE."""
        return await self.request("DELETE", target, headers=headers)

    async def _send(
        self, method: str, target: str, body: object, headers: Mapping[str, str]
    ) -> Answer:
        # An underscore stands for a hyphen: If_Match="...".
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request(
            method, target, json.dumps(body).encode(), {"Content-Type": "application/json"} | named
        )


class DirectRunner:
    """Calls the handlers itself; for Python 3.12, where Microsoft's runtime does not run."""

    def __init__(self) -> None:
        found = app_functions.collect()
        self._handlers = {one.name: one.handler for one in found}
        self.functions: Sequence[Function] = [_function(one) for one in found]

    async def invoke(
        self,
        function: Function,
        inputs: Mapping[str, TypedData],
        trigger_metadata: Mapping[str, TypedData] | None = None,  # noqa: ARG002 - Runner's
    ) -> Outcome:
        """Call an HTTP function."""
        http = inputs["req"].value
        request = func.HttpRequest(
            http.method,
            http.url,
            headers=http.headers,
            params=http.query,
            route_params=http.params,
            body=http.body.value or b"",
        )
        try:
            response = await self._handlers[function.name](request)
        except Exception as error:  # noqa: BLE001 - as the worker does
            return Outcome(None, {}, (str(error), ""))
        return Outcome(_returned(response), {}, None)


async def load_host() -> Host:
    """Load the app with Microsoft's runtime, or without it on Python 3.12."""
    try:
        from devhost.worker.runtime import Worker  # not to be had on 3.12
    except ImportError:
        return Host(DirectRunner())
    return Host(await Worker.load(ROOT))


def _function(found: app_functions.Function) -> Function:
    trigger = {
        "type": "httpTrigger",
        "name": "req",
        "route": found.route,
        "methods": list(found.methods),
    }
    return Function(found.name, found.name, (trigger,))


def _returned(response: func.HttpResponse) -> TypedData:
    headers = dict(response.headers)
    headers.setdefault("Content-Type", f"{response.mimetype}; charset={response.charset}")
    if response.mimetype.startswith("application/"):
        headers["Content-Type"] = response.mimetype
    body = TypedData(bytes=response.get_body())
    http = Message(status_code=response.status_code, headers=headers, cookies=None, body=body)
    return TypedData(http=http)
