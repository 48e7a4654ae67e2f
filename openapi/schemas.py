"""The schemas of the OpenAPI document; those of pets come from the models."""

from openapi.components import PARAMETERS, Json
from petstore.limits import PAGE_SIZE, VIOLATIONS
from petstore.models import PetInput, PetView


def schemas() -> Json:
    """Return the schemas, those of pets from the models."""
    pet_input = _schema(PetInput)
    pet = _schema(PetView)
    pet["required"] = list(pet["properties"])
    pet["properties"]["owner_email"] = pet_input["properties"]["owner_email"]
    return {
        "Pet": {
            **pet,
            "description": "A pet; only its owner and administrators see owner_email.",
        },
        "PetInput": pet_input,
        "PetPatch": _patch(pet_input),
        "PetPage": _page(),
        "Problem": _problem(),
        "Health": _object(
            {
                "status": {"type": "string", "enum": ["pass", "warn"]},
                "checks": _CHECKS,
                "unreadable": _UNREADABLE,
            },
            "status",
        ),
        "Document": {"type": "object", "description": "An OpenAPI document."},
        "Page": {"type": "string", "maxLength": 100_000, "pattern": r"^[\s\S]*$"},
        "Asset": {"type": "string", "maxLength": 10_000_000, "pattern": r"^[\s\S]*$"},
    }


def _schema(model: type[PetInput | PetView]) -> Json:
    schema = model.model_json_schema()
    schema.pop("title", None)
    for member in schema["properties"].values():
        member.pop("title", None)
    return {**schema, "additionalProperties": False}


def _patch(pet_input: Json) -> Json:
    """Return the schema of a patch: members are optional; those with a default may be null."""
    members = {
        name: schema if name in pet_input["required"] or "anyOf" in schema else _or_null(schema)
        for name, schema in pet_input["properties"].items()
    }
    description = "A merge patch; null removes a member."
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
        "documents": {"type": "string", "enum": ["warn"]},
    },
    "settings",
    "store",
)
_COUNT = {"type": "integer", "format": "int32", "minimum": 1, "maximum": 2**31 - 1}
_UNREADABLE = {
    "type": "object",
    "description": "How many items of each kind this release could not read.",
    "additionalProperties": _COUNT,
    "maxProperties": 3,
}


def _page() -> Json:
    cursor = {"anyOf": [PARAMETERS["cursor"]["schema"], {"type": "null"}]}
    pets = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}, "maxItems": PAGE_SIZE}
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
        "errors": {"type": "array", "items": violation, "maxItems": VIOLATIONS},
    }
    required = ("type", "title", "status", "detail", "error")
    return {**_object(members, *required), "description": "Problem details (RFC 9457)."}
