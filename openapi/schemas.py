"""The schemas of the OpenAPI document; those of pets and orders come from the models."""

from collections.abc import Mapping
from typing import get_args

from pydantic import BaseModel

from openapi.components import PARAMETERS, Json
from petstore.http.requests import SORTS
from petstore.limits import PAGE_SIZE, STATUSES, VIOLATIONS, OrderStatus
from petstore.models import OrderInput, OrderPatch, OrderView, PetInput, PetView

_MEMBERS = {
    "id": "The pet's id, a UUID of version 7; the server sets it.",
    "name": "What the pet is called, on one line.",
    "species": "What kind of animal it is.",
    "breed": "Its breed; null where it has none, or nobody knows.",
    "description": "What else there is to say, on one line or several.",
    "birth_date": "The day on which it was born; null where nobody knows.",
    "tags": "Words by which lists find it; none where they are left out.",
    "photo_urls": "Where its photos are, as http or https URLs; none where they are left out.",
    "status": "Whether it is for sale; where a body leaves it out what its order makes of it, else"
    " `available`.",
    "created_at": "When it was created, in UTC; the server sets it.",
    "updated_at": "When it was last changed, in UTC; the server sets it.",
    "owner_email": "The owner's address; mails there tell of the new pet, and of an order of it.",
}
_ORDER_MEMBERS = {
    "id": "The order's id, a UUID of version 7; the server sets it.",
    "status": "How far it is.",
    "placed_at": "When it was placed, in UTC; the server sets it.",
    "updated_at": "When its status last changed, in UTC; the server sets it.",
    "ship_by": "The day by which the buyer wants the pet; null for any.",
    "note": "What the buyer tells the owner, on one line or several.",
    "buyer": "The user who placed it; null where the server needs no tokens.",
    "contact_email": "The buyer's address; mails there tell what becomes of the order.",
}
# Lists of values that have a name, so that a generated client has one type for each.
_NAMED: Json = {
    "PetStatus": {
        "type": "string",
        "enum": list(STATUSES),
        "description": "Whether a pet is for sale: `available`, `pending` or `sold`.",
    },
    "OrderStatus": {
        "type": "string",
        "enum": list(get_args(OrderStatus)),
        "description": "How far an order is: `placed`, `approved` or `delivered`.",
    },
    "Sort": {
        "type": "string",
        "enum": list(SORTS),
        # Names for generators: of "-created_at" they cannot make any.
        "x-enum-varnames": ["OLDEST_FIRST", "NEWEST_FIRST"],
        "description": "The order of a list; the minus sign means newest first.",
    },
}
_COUNT = {"type": "integer", "format": "int32", "minimum": 1, "maximum": 2**31 - 1}


def schemas() -> Json:
    """Return the schemas, those of pets and orders from the models."""
    pet_input = _schema(PetInput, _MEMBERS)
    pet = _schema(PetView, _MEMBERS)
    pet["required"] = list(pet["properties"])
    pet["properties"]["owner_email"] = pet_input["properties"]["owner_email"]
    return {
        "Pet": {
            **pet,
            "description": "A pet; only its owner and administrators see owner_email.",
        },
        "PetInput": {**pet_input, "description": "A pet as it is sent: all that a caller may set."},
        "PetPatch": _patch(pet_input),
        "PetPage": _page("Pet", "pets"),
        "OrderPage": _page("OrderOfPet", "orders"),
        "Inventory": _inventory(),
        "Order": {
            **_schema(OrderView, _ORDER_MEMBERS),
            "description": "An order; only its buyer and administrators see contact_email.",
        },
        "OrderOfPet": _order_of_pet(),
        "OrderInput": {
            **_schema(OrderInput, _ORDER_MEMBERS),
            "description": "An order as it is sent; nothing is required.",
        },
        "OrderPatch": {
            **_schema(OrderPatch, _ORDER_MEMBERS),
            "description": "A merge patch of an order.",
        },
        **_NAMED,
        "Problem": _problem(),
        "Health": _health(),
        "Document": {"type": "object", "description": "An OpenAPI document."},
    }


def _schema(model: type[BaseModel], descriptions: Mapping[str, str]) -> Json:
    """Return a model's schema, without defaults (docs/decisions/0024)."""
    schema = model.model_json_schema()
    schema.pop("title", None)
    schema["properties"] = {
        name: _member(member, descriptions[name]) for name, member in schema["properties"].items()
    }
    return {**schema, "additionalProperties": False}


def _member(schema: Json, description: str) -> Json:
    kept = {name: value for name, value in schema.items() if name not in {"title", "default"}}
    for name, named in _NAMED.items():
        if kept.get("enum") == named["enum"]:
            kept = {"$ref": f"#/components/schemas/{name}"}
    return {**kept, "description": description}


def _order_of_pet() -> Json:
    order = _schema(OrderView, _ORDER_MEMBERS)
    pet_id = {**order["properties"]["id"], "description": "The id of the pet that is ordered."}
    order["properties"] = {"pet_id": pet_id, **order["properties"]}
    order["required"] = list(order["properties"])
    return {**order, "description": "An order of the caller's, with its pet."}


def _patch(pet_input: Json) -> Json:
    """Return the schema of a patch: each member may be left out, and null but for the required."""
    members = {
        name: schema if name in pet_input["required"] or "anyOf" in schema else _or_null(schema)
        for name, schema in pet_input["properties"].items()
    }
    description = "A merge patch; null removes a member."
    return {**_object(members), "description": description}


def _or_null(schema: Json) -> Json:
    kept = {name: value for name, value in schema.items() if name != "description"}
    return {"anyOf": [kept, {"type": "null"}], "description": schema["description"]}


def _object(members: Json, *required: str) -> Json:
    found: Json = {"type": "object", "properties": members, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _health() -> Json:
    checks = {
        "settings": _result("Whether the settings are complete and valid.", "pass"),
        "store": _result("Whether the store answers.", "pass"),
        "documents": _result("That the store holds what this release cannot read.", "warn"),
    }
    unreadable = {
        "type": "object",
        "description": "How many items of each kind this release could not read.",
        "additionalProperties": _COUNT,
        "maxProperties": 3,
    }
    members = {
        "status": _result(
            "How the service is; where it is down the answer is an error.", "pass", "warn"
        ),
        "checks": {
            **_object(checks, "settings", "store"),
            "description": "What was checked; of readiness only.",
        },
        "unreadable": unreadable,
    }
    return {**_object(members, "status"), "description": "How the service is."}


def _result(description: str, *values: str) -> Json:
    return {"type": "string", "enum": list(values), "description": description}


def _inventory() -> Json:
    counts: Json = {
        status: {**_COUNT, "minimum": 0, "description": f"How many pets are {status}."}
        for status in STATUSES
    }
    return {**_object(counts, *counts), "description": "How many pets have each status."}


def _page(schema: str, things: str) -> Json:
    items = {"$ref": f"#/components/schemas/{schema}"}
    description = f"The {things} of this page, in the order that was asked for."
    listed = {"type": "array", "items": items, "maxItems": PAGE_SIZE}
    members = {
        "data": {**listed, "description": description},
        "next_cursor": {
            "anyOf": [PARAMETERS["cursor"]["schema"], {"type": "null"}],
            "description": "The `cursor` of the next page; null on the last page.",
        },
        "has_more": {"type": "boolean", "description": "Whether there is another page."},
    }
    return {**_object(members, *members), "description": f"A page of {things}."}


def _problem() -> Json:
    violation = _object(
        {
            "pointer": _line("Where in the body it is: a JSON Pointer (RFC 6901)."),
            "detail": _line("Which rule the value breaks, for people."),
        },
        "pointer",
        "detail",
    )
    members = {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "maxLength": 200,
            "description": "Always `about:blank`: the status says what kind of problem it is.",
        },
        "title": _line("The name of the status."),
        "status": {
            "type": "integer",
            "format": "int32",
            "minimum": 400,
            "maximum": 599,
            "description": "The status of the answer.",
        },
        "detail": _line("What went wrong in this request, for people."),
        "error": _line("A short phrase for programs; it does not change between releases."),
        "errors": {
            "type": "array",
            "items": {**violation, "description": "One rule that the body breaks."},
            "maxItems": VIOLATIONS,
            "description": "The rules that the body breaks; only where a pet or order is refused.",
        },
    }
    required = ("type", "title", "status", "detail", "error")
    return {**_object(members, *required), "description": "Problem details (RFC 9457)."}


def _line(description: str) -> Json:
    return {
        "type": "string",
        "maxLength": 1000,
        "pattern": r"^[\s\S]*$",
        "description": description,
    }
