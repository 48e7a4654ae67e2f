"""Asks an app whether it is ready, at the start and when its settings change."""

import asyncio
import json
from http import HTTPStatus

from devhost import log
from devhost.http.requests import Handler, Request

_PATIENCE = 30.0  # seconds
_LONGEST = 500  # characters of an answer that is not problem details


class Readiness:
    """Whether an app is ready, as far as it was asked.

    Args:
        path: where the app says it; empty where it says nothing.

    Attributes:
        problem: why it is not ready; None when it is, or was not asked.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.problem: str | None = None
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, handle: Handler) -> None:
        """Ask the app that a handler answers for."""
        self.problem = await find_problem(handle, self._path) if self._path else None

    def ask_again(self, handle: Handler) -> None:
        """Ask soon, and print what has changed; a question that is still open ends."""
        self.stop()
        self._asking = asyncio.create_task(self._ask_again(handle))

    def stop(self) -> None:
        """End a question that ``ask_again`` asked."""
        if self._asking:
            self._asking.cancel()

    async def _ask_again(self, handle: Handler) -> None:
        was_ready = self.problem is None
        await self.ask(handle)
        self.print_problem()
        if not was_ready and self.problem is None:
            log.print_event("Ready.")

    def print_problem(self) -> None:
        """Print why the app is not ready."""
        if self.problem:
            log.print_note(f"NOT READY: {self.problem}", to_stderr=True)


async def find_problem(handle: Handler, path: str, seconds: float = _PATIENCE) -> str | None:
    """Return why an app is not ready, in one line; None when it is.

    Args:
        handle: what answers requests.
        path: where the app says whether it is ready, with a status from 200 to 399.
        seconds: how long it may take.
    """
    target = f"/{path.lstrip('/')}"
    request = Request("GET", target, [("Accept", "application/json, */*;q=0.1")])
    try:
        async with asyncio.timeout(seconds):
            response, _ = await handle(request)
    except TimeoutError:
        return f"{target} did not answer within {seconds:g} s"
    if response.status < HTTPStatus.BAD_REQUEST:
        return None
    detail = _read_detail(response.body)
    return f"{target} answers {response.status}{f': {detail}' if detail else ''}"


def _read_detail(body: bytes) -> str:
    """Return the detail of problem details (RFC 9457), or else the beginning of the body."""
    text = body.decode("utf-8", "replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict) and isinstance(content.get("detail"), str):
        text = content["detail"]
    return " ".join(text.split())[:_LONGEST]
