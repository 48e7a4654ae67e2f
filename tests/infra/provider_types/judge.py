"""Whether resources are as their providers describe them."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from tests.infra.provider_types.reduce import SCHEMAS, body, key
from tests.infra.rules import Resource

type Check = Callable[[Any, Any, Any, Any], Any]

_OF_VALUES = ("type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum")


def _unless_computed(check: Check) -> Check:
    """Return a check that leaves out what Azure computes: an expression in brackets."""

    def checked(
        validator: Any, value: Any, instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        if not (isinstance(instance, str) and instance.startswith("[")):
            yield from check(validator, value, instance, schema) or ()

    return checked


_Validator = extend(
    Draft202012Validator,
    {name: _unless_computed(Draft202012Validator.VALIDATORS[name]) for name in _OF_VALUES},
)


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """Return the kept descriptions, by type and version."""
    found: dict[str, dict[str, Any]] = json.loads(SCHEMAS.read_text())
    return found


def complaints(resources: list[Resource]) -> list[str]:
    """Return what is wrong with the resources, each with its place."""
    found = []
    for resource in resources:
        schema = schemas().get(key(resource))
        if schema is None:
            found.append(f"{key(resource)}: not described; run provider_types/reduce.py")
            continue
        errors = _Validator(schema).iter_errors(body(resource))
        found += [f"{key(resource)} {error.json_path}: {error.message}" for error in errors]
    return found
