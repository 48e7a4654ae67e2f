"""Cross-origin requests (the Fetch standard, 3.2): who may read answers, and who may write.

Answered by the app, so that they are the same everywhere: the platform's own CORS stays off.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

import azure.functions as func

from petstore.http.errors import CrossOriginRefused

# Telemetry of pages adds headers of its own. The star stands for those that are not named here;
# it never stands for Authorization (Fetch, 3.2.3).
_REQUEST_HEADERS = (
    "Authorization, Baggage, Content-Type, Idempotency-Key, If-Match, If-None-Match,"
    " Request-Context, Request-Id, Traceparent, Tracestate, X-Request-Id, *"
)
_EXPOSED = (
    "Accept-Query, ETag, Idempotency-Replayed, Link, Location, Retry-After, Server-Timing,"
    " X-Request-Charge, X-Request-Id"
)
_MAX_AGE = "7200"  # seconds; browsers keep a preflight's answer no longer
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def cors_headers(
    req: func.HttpRequest, response: func.HttpResponse, origins: Collection[str]
) -> dict[str, str]:
    """Return the headers that let a page of an allowed origin read this answer.

    Args:
        req: the request.
        response: the answer; that to a preflight has the methods in Allow.
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


def check_origin(req: func.HttpRequest, origins: Collection[str]) -> None:
    """Refuse a write that a page of another origin sends, unless CORS allows that origin.

    A browser asks first only for some requests (with a preflight) and sends others at once, whose
    answer the page cannot read: the write would have happened all the same.

    Args:
        req: a request that may change something.
        origins: the allowed origins, as for ``cors_headers``.

    Raises:
        CrossOriginRefused: Origin or Sec-Fetch-Site (W3C Fetch Metadata) names another site.
    """
    origin = req.headers.get("origin")
    if "*" in origins or origin in origins:
        return
    site = req.headers.get("sec-fetch-site", "none").strip().lower()
    if site == "same-origin":  # pages cannot set this header
        return
    if site != "none" or not (origin is None or _is_own(req, origin)):
        raise CrossOriginRefused("A page of this origin may not write here.")


def _is_own(req: func.HttpRequest, origin: str) -> bool:
    scheme, _, place = origin.lower().partition("://")
    port = _DEFAULT_PORTS.get(scheme, "")
    host: str = req.headers.get("host") or urlsplit(req.url).netloc
    return place.removesuffix(port) == host.lower().removesuffix(port)


def _is_preflight(req: func.HttpRequest) -> bool:
    return req.method == "OPTIONS" and "access-control-request-method" in req.headers
