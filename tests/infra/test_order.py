"""The template is deployed in an order that works, and a second time without a change."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.infra.order import complaints, resources

pytestmark = pytest.mark.infra

type Template = dict[str, Any]


def _module(template: Template, name: str) -> Template:
    found: Template = resources(template)[name]["properties"]["template"]
    return found


def test_everything_comes_after_what_it_uses(template: Template) -> None:
    """Each part waits for what it uses, the app for roles and secrets; nothing is random."""
    assert list(complaints(template)) == []


def _forget(module: str, name: str) -> Callable[[Template], None]:
    def change(template: Template) -> None:
        resources(template)[module]["dependsOn"].remove(name)

    return change


def _wait(module: str, name: str) -> Callable[[Template], None]:
    def change(template: Template) -> None:
        resources(template)[module].setdefault("dependsOn", []).append(name)

    return change


def _inside(module: str, resource: str, **members: object) -> Callable[[Template], None]:
    def change(template: Template) -> None:
        resources(_module(template, module))[resource].update(members)

    return change


_PLANTED: dict[str, tuple[Callable[[Template], None], str]] = {
    "roles before the identity": (_forget("roles", "identity"), "does not wait for ['identity']"),
    "roles before the vault": (_forget("roles", "vault"), "does not wait for ['vault']"),
    "the app before its roles": (_forget("app", "roles"), "app does not wait for roles"),
    "a lock before the account": (_forget("protection", "cosmos"), "does not wait for ['cosmos']"),
    "an alert before its group": (_forget("availability", "alerting"), "['alerting']"),
    "a circle of modules": (_wait("identity", "app"), "identity waits for itself"),
    "a circle in a module": (_inside("storage", "account", dependsOn=["queues"]), "itself"),
    "a queue before its service": (_inside("storage", "queues", dependsOn=[]), "its parent"),
    "a random name": (_inside("vault", "vault", name="[newGuid()]"), "newGuid differs"),
    "a time": (_inside("vault", "vault", tags={"at": "[utcNow()]"}), "utcNow differs"),
    "a type that nobody creates": (
        _inside("roles", "vault", type="Microsoft.Search/searchServices"),
        "does not wait for anyone",
    ),
}


@pytest.mark.parametrize("fault", _PLANTED)
def test_a_planted_fault_is_seen(template: Template, fault: str) -> None:
    """Each wrong order, circle and random value is reported."""
    broken = deepcopy(template)
    plant, text = _PLANTED[fault]
    plant(broken)
    assert any(text in complaint for complaint in complaints(broken))
