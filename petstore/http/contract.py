"""What the OpenAPI document says of each operation beyond its route; used by ``openapi`` only.

Limits and patterns come from the models and the readers themselves, so that they are told once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from petstore.http.negotiation import JSON, MERGE_PATCH, PROBLEM
from petstore.http.problems import ANSWERS
from petstore.http.requests import (
    CURSOR,
    IDEMPOTENCY_KEY,
    MAX_LIMIT,
    SORTS,
    TEXT_LIMITS,
)
from petstore.models import PetInput, PetView
from petstore.terms import LINE, Status

Json = dict[str, Any]

_ID = "01a21090-6a81-7000-96a6-c49695d9ca33"
_NEW_PET = {
    "name": "Ada",
    "species": "cat",
    "breed": "tabby",
    "description": "Sleeps a lot.",
    "birth_date": "2024-02-29",
    "tags": ["soft", "old"],
    "photo_urls": ["https://example.com/ada.jpg"],
    "status": "available",
    "owner_email": "ada@example.com",
}
_PET = {
    "id": _ID,
    **{name: value for name, value in _NEW_PET.items() if name != "owner_email"},
    "created_at": "2026-11-25T02:37:09.633Z",
    "updated_at": "2026-11-25T02:37:09.633Z",
}
_ENTITY_TAG = r'"[!#-~]*"'
_TAGS = rf"^(\*|(W/)?{_ENTITY_TAG}(, (W/)?{_ENTITY_TAG})*)$"

INFO: Json = {
    "title": "PetStore",
    "version": "1.0.0",
    "summary": "Pets, over HTTP as it is meant.",
    "description": (
        "Errors are problem details (RFC 9457) with a short `error`. Lists page by cursor. Each pet"
        " has an entity tag, the store's own version of it. Every answer has an `X-Request-Id` and"
        " a `Server-Timing`."
    ),
    "license": {"name": "MIT", "identifier": "MIT"},
}
SERVER: Json = {
    "url": "/api",
    "description": "Where this document comes from: production, staging, or a local host.",
    "x-internal": False,
}
TAGS = [
    {"name": "pets", "description": "Create, find, change and delete pets."},
    {"name": "service", "description": "The state and the description of the service."},
]


def _text(limit: int, pattern: str = LINE) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": limit, "pattern": pattern}


def _parameter(name: str, place: str, description: str, schema: Json, **more: Any) -> Json:  # noqa: ANN401 - JSON
    return {"name": name, "in": place, "description": description, "schema": schema, **more}


PARAMETERS: Json = {
    "pet_id": _parameter(
        "pet_id",
        "path",
        "The pet's id.",
        {"type": "string", "format": "uuid", "maxLength": 36},
        required=True,
        example=_ID,
    ),
    "limit": _parameter(
        "limit",
        "query",
        "How many pets at the most.",
        {"type": "integer", "format": "int32", "minimum": 1, "maximum": MAX_LIMIT, "default": 20},
    ),
    "cursor": _parameter(
        "cursor",
        "query",
        "Where the page begins: `next_cursor` of the page before, with the same filters and sort.",
        {"type": "string", "pattern": CURSOR, "maxLength": 27},
    ),
    "sort": _parameter(
        "sort",
        "query",
        "The order; a minus means newest first.",
        {"type": "string", "enum": list(SORTS), "default": "-created_at"},
    ),
    "species": _parameter(
        "species", "query", "The whole species, in any case.", _text(TEXT_LIMITS["species"])
    ),
    "status": _parameter(
        "status", "query", "The status.", {"type": "string", "enum": list(get_args(Status))}
    ),
    "tag": _parameter("tag", "query", "One whole tag, in any case.", _text(TEXT_LIMITS["tag"])),
    "name": _parameter(
        "name", "query", "How the name begins, in any case.", _text(TEXT_LIMITS["name"])
    ),
    "if_match": _parameter(
        "If-Match",
        "header",
        "Only if the pet is at one of these versions; `*` for any.",
        {"type": "string", "pattern": _TAGS, "maxLength": 8000},
        example="*",
    ),
    "if_none_match": _parameter(
        "If-None-Match",
        "header",
        "Only if it is at none of these versions.",
        {"type": "string", "pattern": _TAGS, "maxLength": 8000},
        example='"50fe6b9ab94e6c8e"',
    ),
    "idempotency_key": _parameter(
        "Idempotency-Key",
        "header",
        "Makes one pet however often the request is repeated within 24 hours.",
        {"type": "string", "pattern": IDEMPOTENCY_KEY, "maxLength": 255},
        example="8e03978e-40d5-43dd-bc93-6894a57f9324",
    ),
}


def _header(description: str, schema: Json) -> Json:
    return {"description": description, "schema": schema}


_ASCII: Json = {"type": "string", "pattern": "^[ -~]*$", "maxLength": 8000}
HEADERS: Json = {
    "WWW-Authenticate": _header("That a bearer token is needed, and what is wrong.", _ASCII),
    "ETag": _header("The version, as an entity tag.", {**_ASCII, "pattern": f"^{_ENTITY_TAG}$"}),
    "Cache-Control": _header("Who may keep this answer, and for how long.", _ASCII),
    "Location": _header("Where the new pet is.", _ASCII),
    "Link": _header("The next page (RFC 8288); absent on the last one.", _ASCII),
    "Idempotency-Replayed": _header(
        "`true` when this is the first answer again.", {"type": "string", "enum": ["true"]}
    ),
    "Retry-After": _header(
        "Seconds after which to try again.",
        {"type": "integer", "format": "int32", "minimum": 1, "maximum": 86400},
    ),
    "X-Request-Id": _header("The request's id, also in the log.", _ASCII),
    "Server-Timing": _header("Milliseconds in the store and in all.", _ASCII),
    "X-Request-Charge": _header("Request units, when the store is Cosmos DB.", _ASCII),
    "Access-Control-Allow-Origin": _header("Whose pages may read this answer.", _ASCII),
}
_COMMON = ("X-Request-Id", "Server-Timing", "X-Request-Charge", "Access-Control-Allow-Origin")


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, *_COMMON)}


@dataclass(frozen=True)
class Success:
    """An operation's good answer."""

    status: int
    description: str
    schema: str | None = None
    example: Json | None = None
    headers: tuple[str, ...] = ()
    media_type: str = JSON

    def answer(self, *, with_body: bool) -> Json:
        """Give the response object."""
        found: Json = {"description": self.description, "headers": _headers(*self.headers)}
        if self.schema and with_body:
            content: Json = {"schema": {"$ref": f"#/components/schemas/{self.schema}"}}
            if self.example:
                content["example"] = self.example
            found["content"] = {self.media_type: content}
        return found


@dataclass(frozen=True)
class Details:
    """What is said of one operation."""

    description: str
    success: Success
    tag: str = "pets"
    parameters: tuple[str, ...] = ()
    body: Json | None = None
    refusals: tuple[int, ...] = ()
    asks_store: bool = True
    needs_token: bool = False
    errors: Mapping[int, str] = field(init=False)

    def __post_init__(self) -> None:
        """Add the refusals that every operation shares."""
        shared = (400, 429, 500, *((503,) if self.asks_store else ()))
        accepts = (406,) if self.success.schema else ()
        body = (413, 415, 422) if self.body else ()
        token = (401,) if self.needs_token else ()
        statuses = {*self.refusals, *shared, *accepts, *body, *token}
        object.__setattr__(self, "errors", {status: _NAMES[status] for status in statuses})


def _body(schema: str, example: Json, *media_types: str) -> Json:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {"required": True, "content": dict.fromkeys(media_types, content)}


_NAMES = {
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
_FILTERS = ("limit", "cursor", "sort", "species", "status", "tag", "name")
_CONDITIONS = ("if_match", "if_none_match")
_ONE_PET = Success(200, "The pet.", "Pet", _PET, ("ETag", "Cache-Control"))
_ALIVE = Success(200, "It is.", "Health", {"status": "pass"}, ("Cache-Control",))

OPERATIONS: Mapping[str, Details] = {
    "list_pets": Details(
        "Newest first by default. Filters combine and do not regard case.",
        Success(
            200,
            "A page of pets.",
            "PetPage",
            {"data": [_PET], "next_cursor": None, "has_more": False},
            ("ETag", "Cache-Control", "Link"),
        ),
        parameters=(*_FILTERS, "if_none_match"),
        refusals=(304,),
    ),
    "create_pet": Details(
        "Id and times are made by the server.",
        Success(
            201,
            "The new pet.",
            "Pet",
            _PET,
            ("Location", "ETag", "Cache-Control", "Idempotency-Replayed"),
        ),
        parameters=("idempotency_key",),
        body=_body("PetInput", _NEW_PET, JSON),
        refusals=(409,),
        needs_token=True,
    ),
    "get_pet": Details(
        "Everybody may see it. With a token, its owner and administrators see `owner_email` too.",
        _ONE_PET,
        parameters=("pet_id", *_CONDITIONS),
        refusals=(304, 404, 412),
    ),
    "replace_pet": Details(
        "All details are put in place of the old ones; what is not sent gets its default.",
        _ONE_PET,
        parameters=("pet_id", *_CONDITIONS),
        body=_body("PetInput", _NEW_PET, JSON),
        refusals=(403, 404, 412),
        needs_token=True,
    ),
    "patch_pet": Details(
        "A JSON merge patch (RFC 7396): what is sent is changed, null takes away. Without If-Match"
        " it is tried again when another change comes between.",
        _ONE_PET,
        parameters=("pet_id", *_CONDITIONS),
        body=_body("PetPatch", {"status": "sold", "breed": None}, MERGE_PATCH, JSON),
        refusals=(403, 404, 412),
        needs_token=True,
    ),
    "delete_pet": Details(
        "Deleting it again finds nothing.",
        Success(204, "It is deleted."),
        parameters=("pet_id", *_CONDITIONS),
        refusals=(403, 404, 412),
        needs_token=True,
    ),
    "list_my_pets": Details(
        "As the list of all pets, with the owner's address. Kept by no cache.",
        Success(
            200,
            "A page of the caller's pets.",
            "PetPage",
            {"data": [_PET], "next_cursor": None, "has_more": False},
            ("ETag", "Cache-Control", "Link"),
        ),
        parameters=(*_FILTERS, "if_none_match"),
        refusals=(304,),
        needs_token=True,
    ),
    "health": Details(
        "Touches nothing else, so it tells only that the process lives.",
        _ALIVE,
        tag="service",
        asks_store=False,
    ),
    "health_ready": Details(
        "Checks the settings and asks the store. 503 names wrong settings.",
        _ALIVE,
        tag="service",
    ),
    "openapi_document": Details(
        "OpenAPI 3.1.",
        Success(200, "The document.", "Document", None, ("ETag", "Cache-Control")),
        tag="service",
        parameters=("if_none_match",),
        refusals=(304,),
        asks_store=False,
    ),
    "docs_page": Details(
        "Swagger UI.",
        Success(200, "The page.", "Page", None, ("Cache-Control",), "text/html"),
        tag="service",
        asks_store=False,
    ),
    "docs_asset": Details(
        "What the page needs, where it was built in.",
        Success(200, "The file.", "Asset", None, ("ETag", "Cache-Control"), "*/*"),
        tag="service",
        parameters=("asset", "if_none_match"),
        refusals=(304, 404),
        asks_store=False,
    ),
}
PARAMETERS["asset"] = _parameter(
    "asset",
    "path",
    "The file's name.",
    {"type": "string", "enum": ["swagger-ui.css", "swagger-ui-bundle.js", "start.js"]},
    required=True,
)


SECURITY_SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": (
            "A JSON Web Token (RFC 7519), used as RFC8725 advises. The user is claim `user_id`,"
            " `oid` or `sub`; scope `pets.admin` makes an administrator."
        ),
    }
}


def schemas() -> Json:
    """Give the schemas, those of pets from the models."""
    pet_input = _schema(PetInput)
    pet = _schema(PetView)
    pet["required"] = list(pet["properties"])
    pet["properties"]["owner_email"] = pet_input["properties"]["owner_email"]
    return {
        "Pet": {
            **pet,
            "description": "A pet; owner_email is shown to its owner and administrators only.",
        },
        "PetInput": pet_input,
        "PetPatch": _patch(pet_input),
        "PetPage": _page(),
        "Problem": _problem(),
        "Health": _object(
            {"status": {"type": "string", "enum": ["pass"]}, "checks": _CHECKS}, "status"
        ),
        "Document": {"type": "object", "description": "An OpenAPI document."},
        "Page": {"type": "string", "maxLength": 100_000, "pattern": r"^[\s\S]*$"},
        "Asset": {"type": "string", "maxLength": 10_000_000, "pattern": r"^[\s\S]*$"},
    }


def responses() -> Json:
    """Give the error answers, in the words of ``problems.ANSWERS``."""
    words: dict[int, list[str]] = {404: ["Not found"], 500: ["Internal server error"]}
    for status, word, _ in ANSWERS.values():
        if word not in words.setdefault(status, []):
            words[status].append(word)
    found = {name: _error(status, words.get(status, [])) for status, name in _NAMES.items()}
    found["NotModified"] = {
        "description": "The caller has it already.",
        "headers": _headers("ETag", "Cache-Control"),
    }
    # Never sent by the app itself.
    found["TooManyRequests"] = {
        "description": "The platform asks to slow down; where it does, the body is empty.",
        "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    }
    return found


def _error(status: int, words: list[str]) -> Json:
    extra = {401: ("WWW-Authenticate",), 409: ("Retry-After",), 503: ("Retry-After",)}.get(
        status, ()
    )
    return {
        "description": f"{' or '.join(words)}.",
        "headers": _headers("Cache-Control", *extra),
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _schema(model: type[PetInput | PetView]) -> Json:
    schema = model.model_json_schema()
    schema.pop("title", None)
    for member in schema["properties"].values():
        member.pop("title", None)
    return {**schema, "additionalProperties": False}


def _patch(pet_input: Json) -> Json:
    """Everything may be left out; what has a default may be taken away."""
    members = {
        name: schema if name in pet_input["required"] or "anyOf" in schema else _or_null(schema)
        for name, schema in pet_input["properties"].items()
    }
    description = "A merge patch; null takes a member away."
    return {**_object(members), "description": description}


def _or_null(schema: Json) -> Json:
    without_default = {name: value for name, value in schema.items() if name != "default"}
    return {"anyOf": [without_default, {"type": "null"}]}


def _object(members: Json, *required: str) -> Json:
    found: Json = {"type": "object", "properties": members, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


_CHECKS = _object(
    {
        "settings": {"type": "string", "enum": ["pass"]},
        "store": {"type": "string", "enum": ["pass"]},
    }
)


def _page() -> Json:
    cursor = {"anyOf": [PARAMETERS["cursor"]["schema"], {"type": "null"}]}
    pets = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}, "maxItems": MAX_LIMIT}
    members = {"data": pets, "next_cursor": cursor, "has_more": {"type": "boolean"}}
    return {**_object(members, *members), "description": "A page of pets."}


def _problem() -> Json:
    line = {"type": "string", "maxLength": 1000, "pattern": r"^[\s\S]*$"}
    violation = _object({"pointer": line, "detail": line}, "pointer", "detail")
    members = {
        "type": {"type": "string", "format": "uri-reference", "maxLength": 200},
        "title": line,
        "status": {"type": "integer", "format": "int32", "minimum": 400, "maximum": 599},
        "detail": line,
        "error": line,
        "errors": {"type": "array", "items": violation, "maxItems": 1_000_000},
    }
    required = ("type", "title", "status", "detail", "error")
    return {**_object(members, *required), "description": "Problem details (RFC 9457)."}
