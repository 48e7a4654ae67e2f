"""In which order Azure deploys the parts of the compiled template, and what must come before what."""

import json
import re
from collections.abc import Iterator
from typing import Any

type Template = dict[str, Any]

_MODULE = "Microsoft.Resources/deployments"
_APP = "Microsoft.Web/sites"
# Types that an expression names: resourceId('...'), and scopes made with format('.../{0}', ...).
_NAMED = re.compile(r"'(Microsoft\.\w+(?:/\w+)+)(?:/\{0\})?'")
# They are always there.
_BUILT_IN = {"Microsoft.Authorization/roleDefinitions", _MODULE}
# Differ each time, so that a second deployment would change something.
_RANDOM = re.compile(r"\b(utcNow|newGuid)\(")


def resources(template: Template) -> dict[str, dict[str, Any]]:
    """Return the resources of a template by their symbolic names, or by number."""
    found = template["resources"]
    return found if isinstance(found, dict) else {str(n): one for n, one in enumerate(found)}


def _modules(template: Template) -> dict[str, Template]:
    return {
        name: one["properties"]["template"]
        for name, one in resources(template).items()
        if one["type"] == _MODULE
    }


def _created(template: Template) -> set[str]:
    return {one["type"] for one in resources(template).values() if not one.get("existing")}


def _needed(template: Template) -> set[str]:
    """Return the types that a module uses and does not create."""
    existing = {one["type"] for one in resources(template).values() if one.get("existing")}
    named = set(_NAMED.findall(json.dumps(template["resources"])))
    return (existing | named) - _created(template) - _BUILT_IN


def before(template: Template, name: str) -> set[str]:
    """Return all that is deployed before a resource of the template."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for one in resources(template)[waiting.pop()].get("dependsOn", []):
            if one in resources(template) and one not in found:
                found.add(one)
                waiting.append(one)
    return found


def complaints(template: Template) -> Iterator[str]:
    """Yield what is used before it is there, cycles, and what is different each time."""
    modules = _modules(template)
    for name, module in modules.items():
        earlier = before(template, name)
        for kind in sorted(_needed(module)):
            makers = {maker for maker, one in modules.items() if kind in _created(one)}
            if not makers & earlier:
                yield f"{name} uses {kind} and does not wait for {sorted(makers) or 'anyone'}"
        yield from (f"{name}: {text}" for text in _inside(module))
    yield from _cycles(template)
    yield from _before_the_app(template)
    yield from (f"{found} differs each time" for found in _RANDOM.findall(json.dumps(template)))


def _inside(module: Template) -> Iterator[str]:
    """Yield children that do not wait for their parent, and cycles, within a module."""
    yield from _cycles(module)
    for name, one in resources(module).items():
        parent = one["type"].rpartition("/")[0]
        parents = [p for p, other in resources(module).items() if other["type"] == parent]
        if parents and parents[0] not in before(module, name) and not _exists(module, parents[0]):
            yield f"{name} does not wait for its parent {parents[0]}"


def _exists(module: Template, name: str) -> bool:
    return bool(resources(module)[name].get("existing"))


def _cycles(template: Template) -> Iterator[str]:
    for name in resources(template):
        if name in before(template, name):
            yield f"{name} waits for itself"


def _before_the_app(template: Template) -> Iterator[str]:
    """Yield what gives the app roles or secrets and does not come before its first start."""
    modules = _modules(template)
    (app,) = (name for name, one in modules.items() if _APP in _created(one))
    for name, one in modules.items():
        gives = any("oleAssignments" in kind or "/secrets" in kind for kind in _created(one))
        if gives and name not in before(template, app):
            yield f"{app} does not wait for {name}"
