"""Cross-origin requests (the Fetch standard, 3.2).

Answered by the app, so that they are the same everywhere: the platform's own CORS stays off.
"""

from collections.abc import Collection

import azure.functions as func

_REQUEST_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent,"
    " Tracestate, X-Request-Id"
)
_EXPOSED = (
    "ETag, Idempotency-Replayed, Link, Location, Retry-After, Server-Timing, X-Request-Charge,"
    " X-Request-Id"
)
_MAX_AGE = "7200"  # seconds; browsers keep a preflight's answer no longer


def cors_headers(
    req: func.HttpRequest, response: func.HttpResponse, origins: Collection[str]
) -> dict[str, str]:
    """Give the headers that let a page of an allowed origin read this answer.

    Args:
        req: the request.
        response: the answer; to a preflight, its Allow tells the methods.
        origins: the allowed origins, ``*`` among them for all; empty turns CORS off. Credentials
            (cookies) are never allowed: the API does not use any.
    """
    if not origins:
        return {}
    headers = {} if "*" in origins else {"Vary": "Origin"}
    origin = "*" if "*" in origins else req.headers.get("origin")
    if origin not in origins:
        return headers
    headers["Access-Control-Allow-Origin"] = origin
    if _is_preflight(req) and "Allow" in response.headers:
        headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
        headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
        headers["Access-Control-Max-Age"] = _MAX_AGE
    else:
        headers["Access-Control-Expose-Headers"] = _EXPOSED
    return headers


def _is_preflight(req: func.HttpRequest) -> bool:
    return req.method == "OPTIONS" and "access-control-request-method" in req.headers
