"""The functions that the platform will find."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path

from tests.functions import Function

_ROOT = Path(__file__).parents[2]
_EXPECTED = {
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


def test_the_inventory(functions: list[Function]) -> None:
    """Each function is registered once, on its route, with its methods, and no other is."""
    found = {function.name: (function.route, set(function.methods)) for function in functions}
    assert found == _EXPECTED
    assert len(functions) == len(_EXPECTED)


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
        [sys.executable, "-c", code], cwd=_ROOT, check=True, capture_output=True, text=True
    )
    assert heavy & set(loaded.stdout.split()) == set()
    assert "petstore.wiring" in loaded.stdout.split()
