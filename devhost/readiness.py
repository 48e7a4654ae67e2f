"""Asks an app once, at the start, whether it is ready."""

import asyncio
import json
from http import HTTPStatus

from devhost.http.requests import Handler, Request

_PATIENCE = 30.0  # seconds
_LONGEST = 500  # characters of an answer that is not problem details


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
