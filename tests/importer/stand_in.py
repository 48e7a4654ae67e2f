"""A stand-in for the API: it keeps pets by their keys, and misbehaves on request."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Fault = Callable[["StandIn", web.Request], Awaitable[web.StreamResponse | None]]


@dataclass
class StandIn:
    """What arrived, and which pets were created.

    Attributes:
        fault: called before each answer; returns another one, or None.
        url: the API's.
        arrived: when each request arrived, in seconds of the loop's clock.
        keys: the key of each request.
        tokens: the Authorization headers that arrived.
        pets: the created pets, by key.
        busiest: the most requests in flight at once.
    """

    fault: Fault
    url: str = ""
    arrived: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    pets: dict[str, Any] = field(default_factory=dict)
    busiest: int = 0
    _under_way: int = 0

    @property
    def names(self) -> list[str]:
        """Return the names of the pets, sorted."""
        return sorted(pet["name"] for pet in self.pets.values())

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a POST."""
        self.arrived.append(asyncio.get_running_loop().time())
        self.keys.append(request.headers["Idempotency-Key"])
        self.tokens.add(request.headers.get("Authorization"))
        self._under_way += 1
        self.busiest = max(self.busiest, self._under_way)
        try:
            return await self.fault(self, request) or await self.create(request)
        finally:
            self._under_way -= 1

    async def create(self, request: web.Request) -> web.Response:
        """Create the pet, or say that it is already there."""
        key = request.headers["Idempotency-Key"]
        headers = {"Idempotency-Replayed": "true"} if key in self.pets else {}
        assert request.content_type == "application/json"
        self.pets[key] = json.loads(await request.read())
        return web.json_response({"id": key, **self.pets[key]}, status=201, headers=headers)


async def no_fault(_: StandIn, __: web.Request) -> None:
    """Never misbehave."""


def always(status: int, text: str = "", **headers: str) -> Fault:
    """Send every request the same answer."""

    async def fault(_: StandIn, __: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return fault


def at_first(fault: Fault, times: int = 1) -> Fault:
    """Misbehave for the first requests only."""

    async def limited(server: StandIn, request: web.Request) -> web.StreamResponse | None:
        return await fault(server, request) if len(server.arrived) <= times else None

    return limited


@asynccontextmanager
async def serving(fault: Fault = no_fault, port: int = 0) -> AsyncIterator[StandIn]:
    """Serve on this port, or on a free one."""
    server = StandIn(fault)
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/api/pets", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api"
        yield server
    finally:
        await runner.cleanup()
