"""What the OpenAPI document says about each operation beyond its route; used by ``document``.

Limits and patterns come from the models and the readers, so that each is stated once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openapi.components import Json, headers_of
from petstore import __version__
from petstore.http.negotiation import JSON, MERGE_PATCH
from petstore.http.requests import LIST_PARAMETERS, PAGE_PARAMETERS

# The pages for people that show this document are not part of the API.
PAGES = {"docs_page", "docs_asset"}
# OpenAPI 3.1 has no place for the method QUERY.
UNDESCRIBED = {"query_pets"}

# Examples are what "Try it out" sends: no address, since a mail would go there.
_NEW_PET = {
    "name": "Ada",
    "species": "cat",
    "breed": "tabby",
    "description": "Sleeps a lot.",
    "birth_date": "2024-02-29",
    "tags": ["soft", "old"],
    "photo_urls": ["https://example.com/ada.jpg"],
    "status": "available",
}
_PET = {
    "id": "01a21090-6a81-7000-96a6-c49695d9ca33",
    **_NEW_PET,
    "created_at": "2026-11-25T02:37:09.633Z",
    "updated_at": "2026-11-25T02:37:09.633Z",
}
_NEW_ORDER = {"ship_by": "2026-12-24", "note": "Please ring twice."}
_ORDER = {
    "id": "01a210a2-0e51-7000-8f3b-5d0a4f1c9e77",
    "status": "placed",
    "placed_at": "2026-11-25T02:56:25.553Z",
    "updated_at": "2026-11-25T02:56:25.553Z",
    **_NEW_ORDER,
    "buyer": "bob",
}
INFO: Json = {
    "title": "PetStore",
    "version": __version__,
    "summary": "Create, find, change and delete pets.",
    "description": (
        "Errors are problem details (RFC 9457) with a short `error`. Lists page by cursor. Each pet"
        " has a strong entity tag for each of its two views, with `owner_email` and without. Every"
        " answer has an `X-Request-Id` and a `Server-Timing`, except those that shared caches may"
        " keep. Reading is public: a credential that is foreign, stale or invalid is ignored there."
        " Writing needs a bearer token, unless the server has no settings for tokens."
    ),
    "license": {"name": "MIT", "identifier": "MIT"},
}
SERVER: Json = {
    # Next to this document (OpenAPI 3.1, 4.8.5): whatever prefix or base path stands before it.
    "url": ".",
    "description": "The server that sent this document: production, staging or local.",
    "x-internal": False,
}
TAGS = [
    {"name": "pets", "description": "Create, find, change and delete pets."},
    {"name": "orders", "description": "Buy a pet: at most one order has it at a time."},
    {"name": "service", "description": "Health and documentation of the service."},
]


@dataclass(frozen=True)
class Success:
    """The answer of an operation that succeeded."""

    status: int
    description: str
    schema: str | None = None
    example: Json | None = None
    headers: tuple[str, ...] = ()
    media_type: str = JSON

    def answer(self, *, with_body: bool) -> Json:
        """Return the response object."""
        found: Json = {"description": self.description, "headers": headers_of(*self.headers)}
        if self.schema and with_body:
            content: Json = {"schema": {"$ref": f"#/components/schemas/{self.schema}"}}
            if self.example:
                content["example"] = self.example
            found["content"] = {self.media_type: content}
        return found


@dataclass(frozen=True)
class Details:
    """What the document says about one operation."""

    description: str
    success: Success
    tag: str = "pets"
    parameters: tuple[str, ...] = ()
    body: Json | None = None
    refusals: tuple[int, ...] = ()
    asks_store: bool = True
    needs_token: bool = False
    also: Success | None = None  # another answer of an operation that succeeded
    errors: frozenset[int] = field(init=False)  # their statuses

    def __post_init__(self) -> None:
        """Add the refusals that every operation shares."""
        shared = (400, 429, 500, *((503,) if self.asks_store else ()))
        accepts = (406,) if self.success.schema else ()
        body = (413, 415, 422) if self.body else ()
        token = (401,) if self.needs_token else ()
        statuses = frozenset({*self.refusals, *shared, *accepts, *body, *token})
        object.__setattr__(self, "errors", statuses)


def _body(schema: str, example: Json, *media_types: str, required: bool = True) -> Json:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {"required": required, "content": dict.fromkeys(media_types, content)}


_CONDITIONS = ("if_match", "if_none_match")
_ONE_PET = Success(200, "The pet.", "Pet", _PET, ("ETag", "Cache-Control", "Vary"))
_ONE_ORDER = Success(200, "The order.", "Order", _ORDER, ("ETag", "Cache-Control", "Vary"))
_ALIVE = Success(200, "The service is up.", "Health", {"status": "pass"}, ("Cache-Control",))


def _page_of_pets(description: str, *headers: str) -> Success:
    example: Json = {"data": [_PET], "next_cursor": None, "has_more": False}
    return Success(
        200, description, "PetPage", example, ("ETag", "Cache-Control", "Link", *headers)
    )


OPERATIONS: Mapping[str, Details] = {
    "list_pets": Details(
        "Returns a page, newest pets first by default. Filters combine and ignore case. Page by"
        " `next_cursor`, or by the URL in `Link`. `QUERY` (RFC 10008) takes the same parameters as"
        " a JSON object.",
        _page_of_pets("A page of pets.", "Accept-Query"),
        parameters=(*LIST_PARAMETERS, *_CONDITIONS),
        refusals=(304, 412),
    ),
    "create_pet": Details(
        "The server sets id and times. When `owner_email` is given, that address gets a mail after"
        " the answer.",
        Success(
            201,
            "The new pet.",
            "Pet",
            _PET,
            ("Location", "ETag", "Cache-Control", "Idempotency-Replayed"),
        ),
        parameters=("idempotency_key",),
        body=_body("PetInput", _NEW_PET, JSON),
        refusals=(403, 409),
        needs_token=True,
    ),
    "get_pet": Details(
        "Public. With a token, the pet's owner and administrators also see `owner_email`; any other"
        " credential is ignored.",
        _ONE_PET,
        parameters=("pet_id", *_CONDITIONS),
        refusals=(304, 404, 412),
    ),
    "replace_pet": Details(
        "Replaces every member that a caller may set; those that are left out get their defaults."
        " While the pet has an order, another status than the order's is a 409.",
        _ONE_PET,
        parameters=("pet_id", *_CONDITIONS),
        body=_body("PetInput", _NEW_PET, JSON),
        refusals=(403, 404, 409, 412),
        needs_token=True,
    ),
    "patch_pet": Details(
        "A JSON merge patch (RFC 7396): members that are sent are changed, null removes a member."
        " Without a condition the patch is retried when another change comes between."
        " While the pet has an order, another status than the order's is a 409.",
        _ONE_PET,
        parameters=("pet_id", *_CONDITIONS),
        body=_body("PetPatch", {"status": "sold", "breed": None}, MERGE_PATCH, JSON),
        refusals=(403, 404, 409, 412),
        needs_token=True,
    ),
    "delete_pet": Details(
        "Deletes the pet for good; deleting it again is a 404. A pet whose order is not"
        " delivered yet is not deleted: 409.",
        Success(204, "The pet is deleted."),
        parameters=("pet_id", *_CONDITIONS),
        refusals=(403, 404, 409, 412),
        needs_token=True,
    ),
    "get_order": Details(
        "Shown to its buyer, the pet's owner and administrators.",
        _ONE_ORDER,
        tag="orders",
        parameters=("pet_id", *_CONDITIONS),
        refusals=(304, 403, 404, 412),
        needs_token=True,
    ),
    "place_order": Details(
        "Orders the pet, which becomes `pending`. Only an available pet can be ordered, and of"
        " several buyers at once one gets it. A repeat by the same buyer is answered 200 with the"
        " order that is there. The body may be left out.",
        Success(201, "The new order.", "Order", _ORDER, ("ETag", "Cache-Control", "Vary")),
        tag="orders",
        parameters=("pet_id", *_CONDITIONS),
        body=_body("OrderInput", _NEW_ORDER, JSON, required=False),
        refusals=(403, 404, 409, 412),
        needs_token=True,
        also=_ONE_ORDER,
    ),
    "patch_order": Details(
        "A JSON merge patch (RFC 7396) by the pet's owner: `placed` becomes `approved`, `approved`"
        " becomes `delivered`, and the pet `sold`. The status that it has already changes nothing.",
        _ONE_ORDER,
        tag="orders",
        parameters=("pet_id", *_CONDITIONS),
        body=_body("OrderPatch", {"status": "approved"}, MERGE_PATCH, JSON),
        refusals=(403, 404, 409, 412),
        needs_token=True,
    ),
    "cancel_order": Details(
        "Cancels the order, by its buyer or the pet's owner, until it is delivered; the pet is"
        " available again.",
        Success(204, "The order is cancelled."),
        tag="orders",
        parameters=("pet_id", *_CONDITIONS),
        refusals=(403, 404, 409, 412),
        needs_token=True,
    ),
    "list_my_pets": Details(
        "Same parameters as the list of all pets. Includes `owner_email`; never cached.",
        _page_of_pets("A page of the caller's pets.", "Vary"),
        parameters=(*LIST_PARAMETERS, *_CONDITIONS),
        refusals=(304, 412),
        needs_token=True,
    ),
    "list_my_orders": Details(
        "What the caller ordered, cancelled orders excepted; in the order in which the pets were"
        " created. Includes `contact_email`; never cached.",
        Success(
            200,
            "A page of the caller's orders.",
            "OrderPage",
            {
                "data": [{"pet_id": _PET["id"], **_ORDER, "contact_email": None}],
                "next_cursor": None,
                "has_more": False,
            },
            ("ETag", "Cache-Control", "Link", "Vary"),
        ),
        tag="orders",
        parameters=(*PAGE_PARAMETERS, *_CONDITIONS),
        refusals=(304, 412),
        needs_token=True,
    ),
    "get_inventory": Details(
        "Counts at the moment of reading; shared caches may keep the answer as they may a list.",
        Success(
            200,
            "The counts.",
            "Inventory",
            {"available": 12, "pending": 3, "sold": 40},
            ("ETag", "Cache-Control"),
        ),
        parameters=_CONDITIONS,
        refusals=(304, 412),
    ),
    "health": Details(
        "Answers while the process runs; touches neither settings nor store.",
        _ALIVE,
        tag="service",
        asks_store=False,
    ),
    "health_ready": Details(
        "Checks the settings and the store. A 503 names the settings that are wrong.",
        _ALIVE,
        tag="service",
    ),
    "openapi_document": Details(
        "Returns this description of the API: an OpenAPI 3.1 document in JSON.",
        Success(
            200,
            "The document.",
            "Document",
            None,
            ("ETag", "Cache-Control", "Vary", "Content-Encoding"),
        ),
        tag="service",
        parameters=_CONDITIONS,
        refusals=(304, 412),
        asks_store=False,
    ),
}
