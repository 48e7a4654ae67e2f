"""Reduce what resource providers describe to what the templates use, as JSON Schema.

usage: python -m tests.infra.provider_types.reduce BICEP_TYPES_AZ

BICEP_TYPES_AZ is a checkout of https://github.com/Azure/bicep-types-az. Writes ``schemas.json``. A
list of known values is taken as complete, where the Bicep compiler accepts any text.
"""

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.infra import bicep
from tests.infra.conftest import everything
from tests.infra.rules import Resource

SCHEMAS = Path(__file__).with_name("schemas.json")
_REQUIRED, _READ_ONLY = 1, 2
# How the limits of a type are named in JSON Schema.
_LIMITS = {
    "StringType": {"minLength": "minLength", "maxLength": "maxLength", "pattern": "pattern"},
    "IntegerType": {"minValue": "minimum", "maxValue": "maximum"},
    "ArrayType": {"minLength": "minItems", "maxLength": "maxItems"},
}
# The types have one kind of number, whole or not.
_PLAIN = {"StringType": "string", "IntegerType": "number", "BooleanType": "boolean"}

type Schema = dict[str, Any]


def key(resource: Resource) -> str:
    """Return under which name a resource's schema is kept."""
    return f"{resource['type']}@{resource['apiVersion']}"


def body(resource: Resource) -> dict[str, Any]:
    """Return what is sent of a resource, with the last part of its name."""
    kept = {name: value for name, value in resource.items() if name not in _ADDRESS}
    if isinstance(kept.get("name"), str):
        kept["name"] = kept["name"].rpartition("/")[2]
    return kept


_ADDRESS = {"id", "type", "apiVersion", "scope", "condition"}


class Types:
    """The types of one provider and version."""

    def __init__(self, types: list[dict[str, Any]]) -> None:
        self._types = types

    def resource(self, name: str) -> dict[str, str] | None:
        """Return the reference to the body of a resource type."""
        for found in self._types:
            if found["$type"] == "ResourceType" and found["name"].lower() == name.lower():
                reference: dict[str, str] = found["body"]
                return reference
        return None

    def schema(self, reference: dict[str, str], values: list[Any]) -> Schema:
        """Return the schema of a type, as far as these values reach into it."""
        found = self._types[int(reference["$ref"].removeprefix("#/"))]
        kind = found["$type"]
        limits = {new: found[old] for old, new in _LIMITS.get(kind, {}).items() if old in found}
        if kind in _PLAIN:
            return {"type": _PLAIN[kind], **limits}
        if kind == "StringLiteralType":
            return {"enum": [found["value"]]}
        if kind == "UnionType":
            return self._union(found["elements"], values)
        if kind == "ArrayType":
            inside = [one for value in values if isinstance(value, list) for one in value]
            return {"type": "array", "items": self.schema(found["itemType"], inside), **limits}
        if kind == "DiscriminatedObjectType":
            return self._choice(found, values)
        return self._object(found, values) if kind == "ObjectType" else {}

    def _union(self, elements: list[dict[str, str]], values: list[Any]) -> Schema:
        parts = [self.schema(element, values) for element in elements]
        known = [value for part in parts for value in part.get("enum", [])]
        others = [part for part in parts if "enum" not in part and part != {"type": "string"}]
        if known:
            others.append({"enum": known})
        return others[0] if len(others) == 1 else {"anyOf": others or [{"type": "string"}]}

    def _choice(self, found: dict[str, Any], values: list[Any]) -> Schema:
        wanted = {value.get(found["discriminator"]) for value in _objects(values)}
        return {
            "anyOf": [
                self._object(
                    self._types[int(one["$ref"].removeprefix("#/"))],
                    values,
                    found["baseProperties"],
                )
                for name, one in found["elements"].items()
                if name in wanted
            ]
        }

    def _object(
        self, found: dict[str, Any], values: list[Any], base: dict[str, Any] | None = None
    ) -> Schema:
        members = {**(base or {}), **found["properties"]}
        used = {name for value in _objects(values) for name in value}
        needed = [name for name, one in members.items() if _is(one, _REQUIRED)]
        shown = {
            name: self.schema(one["type"], [v[name] for v in _objects(values) if name in v])
            for name, one in sorted(members.items())
            if name in used and not _is(one, _READ_ONLY)
        }
        schema: Schema = {"type": "object", "properties": shown, "additionalProperties": False}
        if needed:
            schema["required"] = sorted(name for name in needed if name not in _ADDRESS)
        if "additionalProperties" in found:
            others = [v[name] for v in _objects(values) for name in v if name not in members]
            schema["additionalProperties"] = self.schema(found["additionalProperties"], others)
        return schema


def _is(member: dict[str, Any], flag: int) -> bool:
    return bool(member["flags"] & flag)


def _objects(values: Iterable[Any]) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)]


def reduce(checkout: Path, resources: list[Resource]) -> dict[str, Schema]:
    """Return the schema of each type of these resources.

    Raises:
        LookupError: the checkout does not describe a type in that version.
    """
    schemas = {}
    for name in sorted({key(resource) for resource in resources}):
        namespace, version = name.split("/")[0].lower(), name.partition("@")[2]
        for file in sorted(checkout.glob(f"generated/*/{namespace}/{version}/types.json")):
            types = Types(json.loads(file.read_text()))
            if reference := types.resource(name):
                bodies = [body(one) for one in resources if key(one) == name]
                schemas[name] = types.schema(reference, bodies)
                break
        else:
            raise LookupError(name)
    return schemas


def main() -> None:
    """Write the schemas of all that both plans can deploy."""
    (checkout,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        found = everything(bicep.INFRA, Path(folder))
    resources = [resource for one in found.values() for resource in one]
    text = json.dumps(reduce(Path(checkout), resources), indent=1, sort_keys=True)
    SCHEMAS.write_text(f"{text}\n")


if __name__ == "__main__":
    main()
