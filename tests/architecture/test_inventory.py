"""The functions that the platform will find."""

import json
import os
import subprocess
import sys
from itertools import combinations

import pytest

from petstore.http.routes import KNOWN_METHODS
from tests.functions import Function
from tests.tree import ROOT

_EXPECTED = {
    "get_inventory": ("inventory", {"GET", "HEAD"}),
    "list_my_orders": ("me/orders", {"GET", "HEAD"}),
    "cancel_order": ("pets/{pet_id}/order", {"DELETE"}),
    "get_order": ("pets/{pet_id}/order", {"GET", "HEAD"}),
    "patch_order": ("pets/{pet_id}/order", {"PATCH"}),
    "place_order": ("pets/{pet_id}/order", {"PUT"}),
    "create_pet": ("pets", {"POST"}),
    "delete_pet": ("pets/{pet_id}", {"DELETE"}),
    "get_pet": ("pets/{pet_id}", {"GET", "HEAD"}),
    "health": ("health", {"GET", "HEAD"}),
    "health_ready": ("health/ready", {"GET", "HEAD"}),
    "list_my_pets": ("me/pets", {"GET", "HEAD"}),
    "list_pets": ("pets", {"GET", "HEAD"}),
    "patch_pet": ("pets/{pet_id}", {"PATCH"}),
    "replace_pet": ("pets/{pet_id}", {"PUT"}),
    "openapi_document": ("openapi.json", {"GET", "HEAD"}),
    "docs_page": ("docs", {"GET", "HEAD"}),
    "docs_asset": ("docs/{asset}", {"GET", "HEAD"}),
    "zz_unmatched": ("{*path}", set()),
}
if "QUERY" in KNOWN_METHODS:  # else zz_unmatched hands it on
    _EXPECTED["query_pets"] = ("pets", {"QUERY"})


def test_the_inventory(functions: list[Function]) -> None:
    """Each HTTP function is registered once, on its route, with its methods, and no other is."""
    found = {function.name: (function.route, set(function.methods)) for function in functions}
    assert found == _EXPECTED
    assert len(functions) == len(_EXPECTED)


_BACKGROUND = {
    "relay_events": {"timerTrigger": "*/30 * * * * *", "queue": "notifications"},
    "notify_owner": {"queueTrigger": "notifications"},
    "notify_owner_failed": {"queueTrigger": "notifications-poison"},
}
_BINDINGS = """
import json, function_app
print(json.dumps({
    f.get_function_name(): [b.get_dict_repr() for b in f.get_bindings()]
    for f in function_app.app.get_functions() if not f.is_http_function()
}, default=str))
"""


def _background(**environment: str) -> dict[str, dict[str, str]]:
    """Return the background functions of a fresh process: what each is bound to, by kind."""
    ended = subprocess.run(
        [sys.executable, "-c", _BINDINGS],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(ended.stdout)
    assert all(
        binding.get("connection", "AzureWebJobsStorage") == "AzureWebJobsStorage"
        for bindings in found.values()
        for binding in bindings
    )
    return {
        name: {
            binding["type"]: binding.get("schedule") or binding["queueName"] for binding in bindings
        }
        for name, bindings in found.items()
    }


def test_no_background_without_storage() -> None:
    """Without storage no function needs any: `func start` without Azurite logs no error."""
    assert _background() == {}
    assert _background(AzureWebJobsStorage=" ") == {}


@pytest.mark.parametrize("name", ["AzureWebJobsStorage", "AzureWebJobsStorage__accountName"])
def test_the_background(name: str) -> None:
    """With storage, however it is named, the three background functions are there."""
    assert _background(**{name: "somewhere"}) == _BACKGROUND


def test_the_background_follows_its_settings() -> None:
    """Where settings name queue and schedule, the host is told to fill them in."""
    found = _background(
        AzureWebJobsStorage="somewhere", NOTIFICATIONS_QUEUE="told", RELAY_SCHEDULE="0 * * * * *"
    )
    assert found["relay_events"] == {
        "timerTrigger": "%RELAY_SCHEDULE%",
        "queue": "%NOTIFICATIONS_QUEUE%",
    }
    assert found["notify_owner_failed"] == {"queueTrigger": "%NOTIFICATIONS_QUEUE%-poison"}


def test_no_function_key_is_asked_for(functions: list[Function]) -> None:
    """Callers hold tokens, not function keys."""
    assert {function.auth_level for function in functions} == {"ANONYMOUS"}


def test_the_catch_all_sorts_last(functions: list[Function]) -> None:
    """The host matches in the order of names; what takes everything must come last."""
    names = sorted((function.name for function in functions), key=str.upper)
    assert names[-1] == "zz_unmatched"


def test_no_method_is_taken_twice(functions: list[Function]) -> None:
    """No two functions claim one method of one route; the host would put one in error."""
    for one, other in combinations(functions, 2):
        assert one.route != other.route or not set(one.methods) & set(other.methods)


def test_importing_the_app_imports_no_store() -> None:
    """Indexing, which every cold start pays, loads no store, no SDK and no pydantic."""
    heavy = {
        "azure.cosmos",
        "azure.identity",
        "azure.core",
        "aiohttp",
        "sqlite3",
        "jwt",
        "pydantic",
    }
    code = "import sys, function_app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert heavy & set(loaded.stdout.split()) == set()
    assert "petstore.wiring" in loaded.stdout.split()
