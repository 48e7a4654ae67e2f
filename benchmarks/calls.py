"""The warm calls, in this process: through Microsoft's worker runtime, or through ASGI."""

import json
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

type Call = Callable[[], Awaitable[object]]

BODY = json.dumps(
    {"name": "Ada", "species": "cat", "tags": ["soft", "old"], "status": "available"}
).encode()
_OWNED = json.dumps({**json.loads(BODY), "owner_email": "ada@example.com"}).encode()
_HEADERS = [("host", "localhost"), ("content-type", "application/json")]
_EXTRA = {"SQLite"}  # has the calls that take no other store's part


async def calls_of_functions(folder: Path, name: str) -> dict[str, Call]:
    """Load a Functions app; return its calls by name, a bare function's among them."""
    from devhost.host import Host
    from devhost.worker.runtime import Worker

    host = Host(await Worker.load(folder))
    if name == "bare":
        return {"bare": lambda: ask(host, "GET", "/api/hello")}
    if name == "floor":
        target = f"/api/pets/{os.environ['BENCHMARK_PET']}"
        return {"get": lambda: ask(host, "GET", target)}
    made = [await ask(host, "POST", "/api/pets", BODY) for _ in range(25)]
    place = f"/api/pets/{json.loads(made[0])['id']}"
    calls: dict[str, Call] = {
        "get": lambda: ask(host, "GET", place),
        "create": lambda: ask(host, "POST", "/api/pets", BODY),
    }
    if name != "eager":
        calls["list(20)"] = lambda: ask(host, "GET", "/api/pets")
    return calls | (_others(host, place) if name in _EXTRA else {})


def _others(host: Any, place: str) -> dict[str, Call]:  # noqa: ANN401 - imported late
    keys = count()
    return {
        "get, 304": lambda: ask(host, "GET", place, headers=[("if-none-match", "*")]),
        "token check alone (HS256)": _token_check(),
        "create with a key": lambda: ask(
            host, "POST", "/api/pets", BODY, [("idempotency-key", str(next(keys)))]
        ),
        "create with owner_email": lambda: ask(host, "POST", "/api/pets", _OWNED),
    }


async def calls_of_peer() -> dict[str, Call]:
    """Return the calls of the FastAPI app."""
    from benchmarks.asgi import asker
    from benchmarks.peer import app, pets

    get, create = asker(app), asker(app, "POST", BODY)
    made = [(await pets().create(json.loads(BODY))).stored.value for _ in range(25)]
    return {
        "get": lambda: get(f"/api/pets/{made[0].id}"),
        "create": lambda: create("/api/pets"),
        "list(20)": lambda: get("/api/pets"),
    }


def _token_check() -> Call:
    import jwt

    from petstore.identity import Identity
    from petstore.settings import JwtSettings

    secret = "of the benchmark alone, 32 bytes and more"  # noqa: S105
    claims = {"user_id": "ada", "scope": "pets.read", "exp": int(time.time()) + 3600}
    header = f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"
    identity = Identity(JwtSettings(secret, None, None, None))
    return lambda: identity.caller(header)


async def ask(
    host: Any,  # noqa: ANN401 - imported late
    method: str,
    target: str,
    body: bytes = b"",
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Ask an app; return the body of the answer. RuntimeError where it is an error."""
    from devhost.http.requests import Request

    response, _ = await host.handle(Request(method, target, [*_HEADERS, *headers], body))
    if response.status >= 400:  # noqa: PLR2004 - HTTP's
        raise RuntimeError(f"{method} {target} answered {response.status}: {response.body!r}")
    found: bytes = response.body
    return found
