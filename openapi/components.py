"""The shared parts of the OpenAPI document: parameters, headers, error answers, security."""

from typing import Any

from petstore.http.cursors import CURSOR, CURSOR_LENGTH
from petstore.http.negotiation import PROBLEM
from petstore.http.problems import ANSWERS
from petstore.http.requests import (
    IDEMPOTENCY_KEY,
)
from petstore.limits import (
    ENTITY_TAGS_LENGTH,
    KEY_LENGTH,
    LINE,
    PAGE_SIZE,
    TEXT_FILTERS,
)
from petstore.repository.port import PetQuery

Json = dict[str, Any]

_ENTITY_TAG = r'"[!#-~]*"'
_TAGS = rf"^(\*|(W/)?{_ENTITY_TAG}(, (W/)?{_ENTITY_TAG})*)$"


def _text(limit: int, pattern: str = LINE) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": limit, "pattern": pattern}


def _parameter(name: str, place: str, description: str, schema: Json, **more: Any) -> Json:  # noqa: ANN401 - JSON
    return {"name": name, "in": place, "description": description, "schema": schema, **more}


_FILTERS = {
    "species": "Return only pets of this species; ignores case.",
    "tag": "Return only pets with this tag; ignores case.",
    "name": "Return only pets whose name starts with this text; ignores case.",
}
PARAMETERS: Json = {
    "pet_id": _parameter(
        "pet_id",
        "path",
        "The pet's id: `id` in a list, or in the answer to a creation.",
        {"type": "string", "format": "uuid", "maxLength": 36},
        required=True,
    ),
    "limit": _parameter(
        "limit",
        "query",
        "Return at most this many.",
        {
            "type": "integer",
            "format": "int32",
            "minimum": 1,
            "maximum": PAGE_SIZE,
            "default": PetQuery.limit,
        },
    ),
    "cursor": _parameter(
        "cursor",
        "query",
        "Start of the page: `next_cursor` of the page before, with the same filters and sort.",
        {"type": "string", "pattern": CURSOR, "maxLength": CURSOR_LENGTH},
    ),
    "sort": _parameter(
        "sort",
        "query",
        "Order of the pets; the minus sign means newest first.",
        {"$ref": "#/components/schemas/Sort", "default": "-created_at"},
    ),
    "status": _parameter(
        "status",
        "query",
        "Return only pets with this status; ignores case.",
        {"$ref": "#/components/schemas/PetStatus"},
    ),
    **{
        name: _parameter(name, "query", _FILTERS[name], _text(one.length))
        for name, one in TEXT_FILTERS.items()
    },
    "if_match": _parameter(
        "If-Match",
        "header",
        "Proceed only if the pet has one of these versions, each the `ETag` of an earlier answer,"
        ' such as `"50fe6b9ab94e6c8e"`; `*` means any.',
        {"type": "string", "pattern": _TAGS, "maxLength": ENTITY_TAGS_LENGTH},
    ),
    "if_none_match": _parameter(
        "If-None-Match",
        "header",
        "Proceed only if it has none of these versions, each the `ETag` of an earlier answer.",
        {"type": "string", "pattern": _TAGS, "maxLength": ENTITY_TAGS_LENGTH},
    ),
    "idempotency_key": _parameter(
        "Idempotency-Key",
        "header",
        "Creates one pet however often the request is repeated within 24 hours. Choose a new text,"
        " such as a random UUID, for each pet.",
        {"type": "string", "pattern": IDEMPOTENCY_KEY, "maxLength": KEY_LENGTH},
    ),
}


def _header(description: str, schema: Json) -> Json:
    return {"description": description, "schema": schema}


_ASCII: Json = {"type": "string", "pattern": "^[ -~]*$", "maxLength": ENTITY_TAGS_LENGTH}
HEADERS: Json = {
    "WWW-Authenticate": _header("Bearer, and what is wrong with the token that was sent.", _ASCII),
    "ETag": _header(
        "The version of this answer, as an entity tag.", {**_ASCII, "pattern": f"^{_ENTITY_TAG}$"}
    ),
    "Cache-Control": _header("Who may cache this answer, and for how long.", _ASCII),
    "Content-Encoding": _header("How the body is compressed; absent where it is not.", _ASCII),
    "Accept-Query": _header("The type of body that QUERY takes (RFC 10008).", _ASCII),
    "Vary": _header("The request headers that the answer depends on.", _ASCII),
    "Location": _header("URL of the new pet, relative to that of the request.", _ASCII),
    "Link": _header(
        "URL of the next page (RFC 8288), relative to that of the request; absent on the last one.",
        _ASCII,
    ),
    "Idempotency-Replayed": _header(
        "`true` when this repeats the first answer.", {"type": "string", "enum": ["true"]}
    ),
    "Retry-After": _header(
        "Seconds to wait before trying again.",
        {"type": "integer", "format": "int32", "minimum": 1, "maximum": 86400},
    ),
    "X-Request-Id": _header("Id of the request, also in the log.", _ASCII),
    "Server-Timing": _header(
        "Milliseconds spent in the store and in total, and what the cache did where there is one.",
        _ASCII,
    ),
    "X-Request-Charge": _header("Request units, where the store is Cosmos DB.", _ASCII),
    "Access-Control-Allow-Origin": _header("Whose pages may read this answer.", _ASCII),
}
_COMMON = ("X-Request-Id", "Server-Timing", "X-Request-Charge", "Access-Control-Allow-Origin")


def headers_of(*names: str) -> Json:
    """Refer to these headers, and to those that every answer has."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, *_COMMON)}


RESPONSE_NAMES = {
    304: "NotModified",
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    406: "NotAcceptable",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "ContentTooLarge",
    415: "UnsupportedMediaType",
    422: "UnprocessableContent",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}

# What an error answer to HEAD is called: the one to GET without its body.
_WITHOUT_BODY = "WithoutBody"
_HAVE_NO_BODY = {304, 429}
_TO_HEAD = (400, 401, 403, 404, 406, 412, 500, 503)

SECURITY_SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": (
            "A JSON Web Token (RFC 7519), checked as RFC8725 advises. The identity provider of the"
            " operator issues it; on a laptop with a JWT_SECRET, `make token` prints one. A server"
            " without settings for tokens needs none. The user is the claim `user_id`, `oid` or"
            " `sub`; the scope `pets.admin` marks an administrator."
        ),
    }
}


def responses() -> Json:
    """Return the error answers, in the words of ``problems.ANSWERS``."""
    words: dict[int, list[str]] = {404: ["Not found"], 500: ["Internal server error"]}
    for status, word, _ in ANSWERS.values():
        if word not in words.setdefault(status, []):
            words[status].append(word)
    found = {name: _error(status, words.get(status, [])) for status, name in RESPONSE_NAMES.items()}
    found["NotModified"] = {
        "description": "The caller has this version already.",
        "headers": headers_of("ETag", "Cache-Control"),
    }
    # Never sent by the app itself.
    found["TooManyRequests"] = {
        "description": "The platform asks callers to slow down; the body is empty.",
        "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    }
    for name in (RESPONSE_NAMES[status] for status in _TO_HEAD):
        found[name + _WITHOUT_BODY] = {
            part: value for part, value in found[name].items() if part != "content"
        }
    return found


def reference(status: int, method: str) -> Json:
    """Refer to an error answer to a method."""
    suffix = _WITHOUT_BODY if method == "HEAD" and status not in _HAVE_NO_BODY else ""
    return {"$ref": f"#/components/responses/{RESPONSE_NAMES[status]}{suffix}"}


def _error(status: int, words: list[str]) -> Json:
    extra = {401: ("WWW-Authenticate",), 409: ("Retry-After",), 503: ("Retry-After",)}.get(
        status, ()
    )
    return {
        "description": f"Problem: {' or '.join(f'`{word}`' for word in words)}.",
        "headers": headers_of("Cache-Control", *extra),
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
