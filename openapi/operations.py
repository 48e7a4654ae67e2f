"""What the OpenAPI document says of each operation beyond its route; used by ``document``.

Limits and patterns come from the models and the readers themselves, so that they are told once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openapi.components import PET_ID, RESPONSE_NAMES, Json, headers_of
from petstore import __version__
from petstore.http.negotiation import JSON, MERGE_PATCH
from petstore.http.requests import LIST_PARAMETERS

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
    "id": PET_ID,
    **{name: value for name, value in _NEW_PET.items() if name != "owner_email"},
    "created_at": "2026-11-25T02:37:09.633Z",
    "updated_at": "2026-11-25T02:37:09.633Z",
}
INFO: Json = {
    "title": "PetStore",
    "version": __version__,
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
        found: Json = {"description": self.description, "headers": headers_of(*self.headers)}
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
        object.__setattr__(self, "errors", {status: RESPONSE_NAMES[status] for status in statuses})


def _body(schema: str, example: Json, *media_types: str) -> Json:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {"required": True, "content": dict.fromkeys(media_types, content)}


_CONDITIONS = ("if_match", "if_none_match")
_ONE_PET = Success(200, "The pet.", "Pet", _PET, ("ETag", "Cache-Control"))
_ALIVE = Success(200, "It is.", "Health", {"status": "pass"}, ("Cache-Control",))


def _a_page(description: str) -> Success:
    example: Json = {"data": [_PET], "next_cursor": None, "has_more": False}
    return Success(200, description, "PetPage", example, ("ETag", "Cache-Control", "Link"))


OPERATIONS: Mapping[str, Details] = {
    "list_pets": Details(
        "Newest first by default. Filters combine and do not regard case.",
        _a_page("A page of pets."),
        parameters=(*LIST_PARAMETERS, "if_none_match"),
        refusals=(304,),
    ),
    "create_pet": Details(
        "Id and times are made by the server. An `owner_email` is sent a mail, after the answer.",
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
        _a_page("A page of the caller's pets."),
        parameters=(*LIST_PARAMETERS, "if_none_match"),
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
