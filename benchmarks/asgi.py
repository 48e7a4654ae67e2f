"""Calls of an ASGI app without a server."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type App = Callable[..., Awaitable[None]]


def asker(app: App, method: str = "GET", body: bytes = b"") -> Callable[[str], Awaitable[int]]:
    """Return a function that asks for a target and returns the status."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def ask(target: str) -> int:
        status = 0

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": target,
            "raw_path": target.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await app(scope, receive, send)
        if status >= 400:  # noqa: PLR2004 - HTTP's
            raise RuntimeError(f"{target} answered {status}")
        return status

    return ask
