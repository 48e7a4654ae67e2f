"""A small stand-in for Microsoft Entra ID and Azure Resource Manager, for the real Azure CLI.

It knows what `az login`, `az group` and `az deployment group` ask, and is strict: a call that it does
not know, without the token that it gave or without a sound body is kept in ``refused`` and answered
with an error, so that a test can see it.
"""

import json
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TENANT = "11111111-1111-1111-1111-111111111111"
SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
CLIENT, SECRET = "33333333-3333-3333-3333-333333333333", "a-secret-of-the-pipeline"
TOKEN = "a-token-of-the-stand-in"  # noqa: S105

type Body = dict[str, Any]
type Answer = tuple[int, Body, dict[str, str]]

_VERSION = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")
# az splices a template into its request, under a key that it leaves unquoted.
_UNQUOTED = re.compile(r"([,{]\s*)template:")


@dataclass(frozen=True)
class Call:
    """One call of a resource.

    Attributes:
        method: the HTTP method.
        path: the path, in lower case, without the subscription.
        body: the decoded body; None without one.
    """

    method: str
    path: str
    body: Body | None


@dataclass
class Azure:
    """What the stand-in keeps, and how it behaves.

    Attributes:
        outputs: outputs of every deployment, by name.
        changes: what a what-if answers.
        faults: status and error of the next calls of an operation: ``validate``, ``whatIf``,
            ``create`` (the call itself), ``run`` (what becomes of it) or ``delete`` (of a group); each
            is used once.
        calls: calls of resources, in order.
        refused: what no real Azure would have been asked.
        further: answers to other calls, by method and pattern of the path in lower case, as
            functions of the pattern's groups and the body.
    """

    outputs: dict[str, str] = field(default_factory=dict)
    changes: list[Body] = field(default_factory=list)
    faults: dict[str, list[tuple[int, Body]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    groups: dict[str, Body] = field(default_factory=dict)
    ended: dict[str, Body] = field(default_factory=dict)
    further: dict[tuple[str, str], Callable[..., Answer]] = field(default_factory=dict)

    def called(self, method: str, ending: str) -> list[Body]:
        """Return the bodies of the calls of a method whose path ends so."""
        return [
            call.body or {}
            for call in self.calls
            if call.method == method and call.path.endswith(ending.lower())
        ]

    def fault(self, operation: str) -> tuple[int, Body] | None:
        """Take the next fault of an operation."""
        waiting = self.faults.get(operation, [])
        return waiting.pop(0) if waiting else None


@contextmanager
def running_azure(azure: Azure, certificate: ssl.SSLContext) -> Iterator[str]:
    """Serve over TLS on a free port; yield the URL."""
    with _Server(azure) as server:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, azure: Azure) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.azure = azure
        self.url = f"https://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ssl.SSLError):
            self.close_connection = True

    def do_GET(self) -> None:
        self._serve()

    do_PUT = do_POST = do_HEAD = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def _serve(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        url = urlsplit(self.path)
        if url.path.startswith(f"/{TENANT}/") or url.path.startswith("/organizations/"):
            answer = self._entra(url.path, content)
        elif self.headers["Authorization"] != f"Bearer {TOKEN}":
            answer = self._refuse(401, "no token, or another")
        elif not (_VERSION.fullmatch(_version(url.query)) or url.path.startswith("/v1/")):
            answer = self._refuse(400, "no api-version")
        else:
            answer = self._resource_manager(url.path, content)
        self._send(*answer)

    def _entra(self, path: str, content: bytes) -> Answer:
        tenant = f"{self.server.url}/{TENANT}"
        if path.endswith("/.well-known/openid-configuration"):
            return (
                200,
                {
                    "issuer": f"{tenant}/v2.0",
                    "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{tenant}/oauth2/v2.0/token",
                    "device_authorization_endpoint": f"{tenant}/oauth2/v2.0/devicecode",
                },
                {},
            )
        if path.endswith("/oauth2/v2.0/token"):
            form = {name: values[0] for name, values in parse_qs(content.decode()).items()}
            if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
                return 401, {"error": "invalid_client", "error_description": "another secret"}, {}
            if not form.get("scope", "").startswith(self.server.url):
                return self._refuse(400, f"scope {form.get('scope')}")
            return 200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}, {}
        return self._refuse(404, "not a path of Entra ID")

    def _resource_manager(self, path: str, content: bytes) -> Answer:
        try:
            body = _decode(content)
        except ValueError as error:
            return self._refuse(400, f"not JSON: {error}")
        return self._further(path, body) or self._own(path, body)

    def _further(self, path: str, body: Body | None) -> Answer | None:
        inside = path.partition(f"/subscriptions/{SUBSCRIPTION}")[2] or path
        for (method, pattern), handle in self.server.azure.further.items():
            if method == self.command and (found := re.fullmatch(pattern, inside.lower())):
                return handle(*found.groups(), body=body)
        return None

    def _own(self, path: str, body: Body | None) -> Answer:
        inside = path.partition(f"/subscriptions/{SUBSCRIPTION}")
        if path.rstrip("/") == "/subscriptions":
            return 200, {"value": [_SHOWN]}, {}
        if path.rstrip("/") == "/tenants":
            return 200, {"value": [{"id": f"/tenants/{TENANT}", "tenantId": TENANT}]}, {}
        if inside[0] or not inside[1]:
            return self._refuse(404, "another subscription")
        call = Call(self.command, inside[2].lower(), body)
        for (method, pattern), handle in _ROUTES.items():
            if method == self.command and (found := re.fullmatch(pattern, call.path)):
                self.server.azure.calls.append(call)
                return handle(self, *found.groups(), body=body)
        return self._refuse(404, "not a path of Resource Manager that this stand-in knows")

    def _refuse(self, status: int, why: str) -> Answer:
        self.server.azure.refused.append(f"{self.command} {self.path}: {why}")
        return status, {"error": {"code": "Refused", "message": why}}, {}

    def _send(self, status: int, body: Body, headers: dict[str, str]) -> None:
        content = b"" if status in {202, 204} and not body else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    # Resource Manager, one method for each route.

    def put_group(self, name: str, *, body: Body | None) -> Answer:
        if not (body or {}).get("location"):
            return self._refuse(400, "a group without a location")
        group = {"id": f"{_ROOT}/resourceGroups/{name}", "name": name, **(body or {})}
        self.server.azure.groups[name] = group
        return 201, group | {"properties": {"provisioningState": "Succeeded"}}, {}

    def get_group(self, name: str, *, body: Body | None) -> Answer:
        del body
        group = self.server.azure.groups.get(name)
        return (200, group, {}) if group else _missing("ResourceGroupNotFound", name)

    def has_group(self, name: str, *, body: Body | None) -> Answer:
        status, *_ = self.get_group(name, body=body)
        return 204 if status == HTTPStatus.OK else status, {}, {}

    def delete_group(self, name: str, *, body: Body | None) -> Answer:
        del body
        if name not in self.server.azure.groups:
            return _missing("ResourceGroupNotFound", name)
        if fault := self.server.azure.fault("delete"):
            return fault[0], {"error": fault[1]}, {}
        del self.server.azure.groups[name]
        return self._later(f"delete-{name}", {"status": "Succeeded"})

    def what_if(self, group: str, name: str, *, body: Body | None) -> Answer:
        if problem := self._problem("whatIf", group, body):
            return problem
        changes = {"changes": self.server.azure.changes}
        return self._later(f"whatif-{name}", {"status": "Succeeded", "properties": changes})

    def validate(self, group: str, name: str, *, body: Body | None) -> Answer:
        if problem := self._problem("validate", group, body):
            return problem
        return 200, self._deployment(group, name, "Succeeded"), {}

    def create(self, group: str, name: str, *, body: Body | None) -> Answer:
        if problem := self._problem("create", group, body):
            return problem
        fault = self.server.azure.fault("run")
        state = "Failed" if fault else "Succeeded"
        ended: Body = {"status": state, **({"error": fault[1]} if fault else {})}
        _, _, headers = self._later(f"create-{name}", ended)
        place = {"Azure-AsyncOperation": headers["Location"]}
        return 201, self._deployment(group, name, "Accepted"), place

    def get_deployment(self, group: str, name: str, *, body: Body | None) -> Answer:
        del body
        return 200, self._deployment(group, name, "Succeeded"), {}

    def operation(self, name: str, *, body: Body | None) -> Answer:
        del body
        return 200, self.server.azure.ended[name], {}

    def operations(self, group: str, name: str, *, body: Body | None) -> Answer:
        del group, name, body
        return 200, {"value": []}, {}

    def _problem(self, operation: str, group: str, body: Body | None) -> Answer | None:
        if group not in self.server.azure.groups:
            return _missing("ResourceGroupNotFound", group)
        properties = (body or {}).get("properties", {})
        if properties.get("mode", "").lower() != "incremental" or "template" not in properties:
            return self._refuse(400, f"{operation} without mode and template")
        if fault := self.server.azure.fault(operation):
            return fault[0], {"error": fault[1]}, {}
        return None

    def _later(self, name: str, ended: Body) -> Answer:
        self.server.azure.ended[name] = ended
        place = f"{self.server.url}{_ROOT}/operationresults/{name}?api-version=2024-01-01"
        return 202, {}, {"Location": place, "Retry-After": "0"}

    def _deployment(self, group: str, name: str, state: str) -> Body:
        outputs = {
            key: {"type": "String", "value": value}
            for key, value in self.server.azure.outputs.items()
        }
        place = f"{_ROOT}/resourceGroups/{group}/providers/Microsoft.Resources/deployments/{name}"
        return {
            "id": place,
            "name": name,
            "type": "Microsoft.Resources/deployments",
            "properties": {"provisioningState": state, "outputs": outputs, "mode": "Incremental"},
        }


_ROOT = f"/subscriptions/{SUBSCRIPTION}"
_SHOWN: Body = {
    "id": _ROOT,
    "subscriptionId": SUBSCRIPTION,
    "tenantId": TENANT,
    "displayName": "stand-in",
    "state": "Enabled",
}
_GROUP = r"/resourcegroups/([\w.-]+)"
_DEPLOYMENT = _GROUP + r"/providers/microsoft\.resources/deployments/([\w.-]+)"
_ROUTES: dict[tuple[str, str], Callable[..., Answer]] = {
    ("PUT", _GROUP): _Handler.put_group,
    ("GET", _GROUP): _Handler.get_group,
    ("HEAD", _GROUP): _Handler.has_group,
    ("DELETE", _GROUP): _Handler.delete_group,
    ("POST", _DEPLOYMENT + "/whatif"): _Handler.what_if,
    ("POST", _DEPLOYMENT + "/validate"): _Handler.validate,
    ("PUT", _DEPLOYMENT): _Handler.create,
    ("GET", _DEPLOYMENT): _Handler.get_deployment,
    ("GET", _DEPLOYMENT + "/operations"): _Handler.operations,
    ("GET", r"/operationresults/([\w.-]+)"): _Handler.operation,
}


def _decode(content: bytes) -> Body | None:
    if not content:
        return None
    text = content.decode()
    try:
        decoded = json.loads(text)
    except ValueError:
        decoded = json.loads(_UNQUOTED.sub(r'\1"template":', text, count=1))
    if not isinstance(decoded, dict):
        raise ValueError("not an object")  # noqa: TRY004
    return decoded


def _missing(code: str, name: str) -> Answer:
    return 404, {"error": {"code": code, "message": f"{name} could not be found."}}, {}


def _version(query: str) -> str:
    return (parse_qs(query).get("api-version") or [""])[0]
