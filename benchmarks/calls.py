"""The warm calls, through the runtime, in this process."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path

import azure.functions as func
import jwt

import function_app
from devhost.host import Host
from devhost.http.requests import Request
from devhost.worker.runtime import Worker
from function_app import wiring
from petstore.identity import Identity
from petstore.settings import JwtSettings

Call = Callable[[], Awaitable[object]]
_BODY = json.dumps(
    {"name": "Ada", "species": "cat", "tags": ["soft", "old"], "status": "available"}
).encode()
_OWNED = json.dumps({**json.loads(_BODY), "owner_email": "ada@example.com"}).encode()
_HEADERS = [("host", "localhost"), ("content-type", "application/json")]


@function_app.app.route("bare", methods=["GET"])
async def bare(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the binding's name
    """Do nothing: what the runtime itself costs."""
    return func.HttpResponse("hello")


async def calls_of_app(folder: Path) -> tuple[Call, dict[str, Call]]:
    """Load the app with a bare function added; give that call and the app's by name."""
    host = Host(await Worker.load(folder))
    made = [await _ask(host, "POST", "/api/pets", _BODY) for _ in range(25)]
    keys = count()
    place = f"/api/pets/{json.loads(made[0])['id']}"
    calls: dict[str, Call] = {
        "get": lambda: _ask(host, "GET", place),
        "list(20)": lambda: _ask(host, "GET", "/api/pets"),
        "get, 304": lambda: _ask(host, "GET", place, headers=[("if-none-match", "*")]),
        "create": lambda: _ask(host, "POST", "/api/pets", _BODY),
        "token check alone (HS256)": _token_check(),
        "create with a key": lambda: _ask(
            host, "POST", "/api/pets", _BODY, [("idempotency-key", str(next(keys)))]
        ),
        "create with owner_email": lambda: _ask(host, "POST", "/api/pets", _OWNED),
    }
    return lambda: _ask(host, "GET", "/api/bare"), calls


async def due_events(count: int) -> None:
    """Settle what is due, and make that many events that are."""
    while await wiring.notifications().relay():
        pass
    body = json.loads(_OWNED)
    await asyncio.gather(*(wiring.pets().create(body) for _ in range(count)))


def relay_of_events() -> Awaitable[list[str]]:
    """Relay a batch of due events."""
    return wiring.notifications().relay()


def _token_check() -> Call:
    secret = "of the benchmark alone, 32 bytes and more"  # noqa: S105
    claims = {"user_id": "ada", "scope": "pets.read", "exp": int(time.time()) + 3600}
    header = f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"
    identity = Identity(JwtSettings(secret, None, None, None))
    return lambda: identity.caller(header)


async def _ask(
    host: Host,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    response, _ = await host.handle(Request(method, target, [*_HEADERS, *headers], body))
    if response.status >= 400:  # noqa: PLR2004 - HTTP's
        raise RuntimeError(f"{method} {target} answered {response.status}: {response.body!r}")
    return response.body
