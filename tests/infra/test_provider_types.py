"""Every resource of both plans, held to what its provider describes of that API version."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.infra import bicep
from tests.infra.conftest import EVERYTHING, Resources
from tests.infra.provider_types.judge import complaints, schemas
from tests.infra.provider_types.reduce import body, key
from tests.infra.rules import the

pytestmark = pytest.mark.infra

_PROPERTIES = re.compile(r"^( +properties: \{)(.*)$", re.MULTILINE)


def test_every_resource_is_as_described(resources: Resources) -> None:
    """Members, kinds of values, known values and limits are those of the provider."""
    assert complaints(resources) == []


def test_nothing_is_kept_that_is_not_used(deployments: dict[str, Resources]) -> None:
    """The kept descriptions are of the types and versions of the templates."""
    used = {key(one) for resources in deployments.values() for one in resources}
    # Created only where an address for alerts is missing from no plan.
    assert set(schemas()) == used


def _faults(schema: dict[str, Any], value: Any) -> Iterator[Any]:
    """Yield copies of a value with one fault each: everything that the schema can see."""
    if options := schema.get("anyOf"):
        schema = next(one for one in options if one.get("type") != "null")
    if isinstance(value, dict):
        yield from _faults_of_object(schema, value)
    elif isinstance(value, list) and value:
        yield from ([one, *value[1:]] for one in _faults(schema["items"], value[0]))
    elif "enum" in schema or "type" in schema:
        yield {"not": "of this kind"}
    if "enum" in schema:
        yield "not-a-known-value"
    if "pattern" in schema or "maxLength" in schema:
        yield "#" * (schema.get("maxLength", 1_000) + 1)


def _faults_of_object(schema: dict[str, Any], value: dict[str, Any]) -> Iterator[Any]:
    if schema.get("additionalProperties") is False:
        yield {**value, "notAMember": True}
    for name in schema.get("required", []):
        yield {other: one for other, one in value.items() if other != name}
    for name, part in schema.get("properties", {}).items():
        if name in value:
            yield from ({**value, name: one} for one in _faults(part, value[name]))


def test_every_planted_fault_is_seen(resources: Resources) -> None:
    """A member too many, one too few, an unknown value, a wrong kind: each is seen everywhere."""
    count = 0
    for resource in resources:
        for fault in _faults(schemas()[key(resource)], body(resource)):
            count += 1
            broken = {name: resource[name] for name in ("id", "type", "apiVersion")} | fault
            assert complaints([broken]) != [], fault
    assert count > 500


def test_another_version_is_seen(resources: Resources) -> None:
    """A version whose description is not kept has to be looked up first."""
    broken = deepcopy(resources)
    the(broken, "Microsoft.Web/sites")["apiVersion"] = "2030-01-01"
    assert "reduce" in " ".join(complaints(broken))


def test_the_compiler_lets_unknown_values_through(copy: Path) -> None:
    """Why this is needed: to the compiler a list of known values is open. Here it is not."""
    bicep.break_file(copy / "modules/storage.bicep", "'Standard_LRS'", "'Standard_XRS'")
    found = bicep.resources(copy, "flex", EVERYTHING)
    assert ["Standard_XRS" in one for one in complaints(found)] == [True]


def test_the_compiler_knows_every_member(copy: Path) -> None:
    """The compiler has the providers' types in itself: a planted member is refused everywhere."""
    planted = 0
    for file in (copy / "modules").glob("*.bicep"):
        text, count = _PROPERTIES.subn(_plant, file.read_text())
        file.write_text(text)
        planted += count
    found = "\n".join(bicep.lint(copy))
    assert planted > 20
    assert len(re.findall(r'BCP037: The property "notAMember"', found)) == planted


def _plant(found: re.Match[str]) -> str:
    """Put a member into an object, on its own line or on the same."""
    end = "," if found[2] else ""
    between = " " if found[2] else "\n    "
    return f"{found[1]}{between}notAMember: true{end}{found[2]}"
