"""What a production team expects of the resources, and which combinations the platform offers."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.infra import bicep, production
from tests.infra.conftest import Resources
from tests.infra.provider_types.stacks import STACKS
from tests.infra.rules import Resource, of_type, the

pytestmark = pytest.mark.infra

_STACKS = json.loads(STACKS.read_text())
# Microsoft's list of supported languages: no later one comes to Consumption on Linux.
_LAST_ON_CONSUMPTION = (3, 12)


def test_every_expectation_is_met(resources: Resources) -> None:
    """Nothing that a reviewer of the platform would ask for is missing."""
    assert list(production.complaints(resources)) == []


@pytest.mark.parametrize(("kind", "path"), production.EXPECTATIONS)
def test_an_expectation_that_is_not_met_is_seen(resources: Resources, kind: str, path: str) -> None:
    """Each expectation fails where its value is missing, and where there is another."""
    *above, last = path.split(".")
    broken = deepcopy(resources)
    value: Any = of_type(broken, kind)[0]
    for name in above:
        value = value[name]
    for change in ({}, {last: None}):
        value.pop(last, None)
        value.update(change)
        (complaint,) = production.complaints(broken)
        assert complaint.startswith(f"{kind} {path}: None")


def _combination(resources: Resources, plan: str) -> list[str]:
    """Return what the platform does not offer of a plan, its Python, memory and instances."""
    site = the(resources, "Microsoft.Web/sites")["properties"]
    if plan == "consumption":
        version = site["siteConfig"]["linuxFxVersion"]
        (minor,) = (name for name, one in _STACKS.items() if one["linuxFxVersion"] == version)
        is_old = tuple(map(int, minor.split("."))) <= _LAST_ON_CONSUMPTION
        return [] if is_old else [f"{version} on consumption"]
    config = site["functionAppConfig"]
    offered = _STACKS[config["runtime"]["version"]].get("FC1")
    if not offered or offered["runtime"] != config["runtime"]:
        return [f"{config['runtime']} on flex"]
    scale = config["scaleAndConcurrency"]
    lowest, highest = offered["maximumInstanceCount"]
    found = []
    if scale["instanceMemoryMB"] not in offered["instanceMemoryMB"]:
        found.append(f"{scale['instanceMemoryMB']} MB")
    if not lowest <= scale["maximumInstanceCount"] <= highest:
        found.append(f"{scale['maximumInstanceCount']} instances")
    return found


def test_the_platform_offers_the_combination(resources: Resources, plan: str) -> None:
    """Python, memory and instances of each plan are on the platform's own list."""
    assert _combination(resources, plan) == []


def _flex(*path: str, value: object) -> Callable[[Resource], None]:
    def change(site: Resource) -> None:
        inside = site["properties"]["functionAppConfig"]
        for name in path[:-1]:
            inside = inside[name]
        inside[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_flex("runtime", "version", value="3.14"), "on flex"),
        (_flex("runtime", "version", value="3.9"), "on flex"),
        (_flex("runtime", "name", value="node"), "on flex"),
        (_flex("scaleAndConcurrency", "instanceMemoryMB", value=1024), "1024 MB"),
        (_flex("scaleAndConcurrency", "maximumInstanceCount", value=39), "39 instances"),
        (_flex("scaleAndConcurrency", "maximumInstanceCount", value=1001), "1001 instances"),
    ],
)
def test_another_combination_on_flex_is_seen(
    deployments: dict[str, Resources], change: Callable[[Resource], None], complaint: str
) -> None:
    """A version, size or number that Flex does not offer is reported."""
    broken = deepcopy(deployments["flex"])
    change(the(broken, "Microsoft.Web/sites"))
    (found,) = _combination(broken, "flex")
    assert complaint in found


def test_a_later_python_on_consumption_is_seen(deployments: dict[str, Resources]) -> None:
    """Python 3.13 is on the list of Linux stacks, but not for this plan."""
    broken = deepcopy(deployments["consumption"])
    site = the(broken, "Microsoft.Web/sites")
    site["properties"]["siteConfig"]["linuxFxVersion"] = "Python|3.13"
    assert _combination(broken, "consumption") == ["Python|3.13 on consumption"]


def test_the_choices_of_memory_are_those_of_the_platform() -> None:
    """The template lets an operator choose each size that Flex offers, and no other."""
    text = (bicep.INFRA / "types.bicep").read_text()
    (sizes,) = re.findall(r"instanceMemoryMB: ([\d |]+)", text)
    assert list(map(int, sizes.split(" | "))) == _STACKS["3.13"]["FC1"]["instanceMemoryMB"]
