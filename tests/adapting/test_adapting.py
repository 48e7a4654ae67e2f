"""docs/adapting.md is true: each of its recipes is applied to a copy of the tree, and tested."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.adapting import recipes, tree
from tests.adapting.rename import rename
from tests.adapting.tree import Edit
from tests.tree import ROOT

_DOCUMENTS = "tests/architecture/test_documents.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the tree."""
    tree.copy_tree(tmp_path)
    return tmp_path


def _adapt(copy: Path, edits: Sequence[Edit], probe: str) -> None:
    for edit in edits:
        tree.apply(copy, edit)
    shutil.copyfile(
        ROOT / f"tests/adapting/probes/{probe}.py", copy / f"tests/api/test_{probe}_probe.py"
    )
    tree.python(copy, "-m", "ruff", "check", "--quiet")
    tree.python(copy, "-m", "openapi")


def test_one_more_member(copy: Path) -> None:
    """A member is added."""
    _adapt(copy, recipes.MEMBER, "member")
    tree.run_tests(copy, "tests/api/test_member_probe.py", "tests/api/test_pets.py", _DOCUMENTS)


def test_one_more_filter(copy: Path) -> None:
    """A filter is added; files of the release before open."""
    _adapt(copy, recipes.FILTER, "filter")
    tree.run_tests(
        *(copy, "tests/api/test_filter_probe.py", "tests/contract/test_paging.py"),
        *("tests/contract/test_old_files.py", _DOCUMENTS),
    )


def test_one_more_route(copy: Path) -> None:
    """A route is added."""
    _adapt(copy, recipes.ROUTE, "route")
    inventory = "tests/architecture/test_inventory.py"
    tree.run_tests(copy, "tests/api/test_route_probe.py", inventory, _DOCUMENTS)


def test_another_store(copy: Path) -> None:
    """A store in memory keeps the promises of the port."""
    shutil.copyfile(ROOT / "tests/adapting/memory.py", copy / "petstore/repository/memory.py")
    _adapt(copy, recipes.STORE, "store")
    contract = [f"tests/contract/test_{name}.py" for name in ("promises", "claims", "paging")]
    tree.run_tests(copy, "tests/api/test_store_probe.py", *contract, only="memory or probe")
    tree.run_tests(copy, "tests/architecture/test_imports.py", only="documented or hold")


def test_your_entity(copy: Path) -> None:
    """Books in place of pets: the whole tree is renamed, and works."""
    rename(copy, "book")
    # Some lines become a letter too long.
    tree.python(copy, "-m", "ruff", "check", "--quiet", "--fix", "--ignore", "E501")
    tree.python(copy, "-m", "ruff", "format", "--quiet")
    tree.python(copy, "-m", "openapi")
    inventory = "tests/architecture/test_inventory.py"
    described = f"{_DOCUMENTS}::test_every_operation_is_documented"
    tree.run_tests(copy, "tests/api/test_books.py", "tests/unit", inventory, described)


def test_without_the_importer(copy: Path) -> None:
    """Without the importer everything else stands."""
    shutil.copyfile(copy / "importer/shown.py", copy / "scripts/shown.py")
    for name in recipes.IMPORTER_FILES:
        tree.delete(copy, name)
    for edit in recipes.WITHOUT_IMPORTER:
        tree.apply(copy, edit)
    tree.python(copy, "-m", "ruff", "check", "--quiet", "--fix")
    tree.run_tests(copy, "tests/architecture/test_imports.py", "tests/unit", _DOCUMENTS)


def test_without_the_mails(copy: Path) -> None:
    """Without the mails pets are created as before, and nothing is told of them."""
    for name in recipes.MAIL_FILES:
        tree.delete(copy, name)
    for edit in recipes.WITHOUT_MAILS:
        tree.apply(copy, edit)
    tree.python(copy, "-m", "ruff", "check", "--quiet", "--fix")
    tree.python(copy, "-m", "ruff", "format", "--quiet")
    architecture = [f"tests/architecture/test_{name}.py" for name in ("imports", "inventory")]
    tree.run_tests(copy, "tests/api/test_pets.py", "tests/api/test_idempotency.py", *architecture)


def test_without_the_dev_host(copy: Path) -> None:
    """What is published needs neither the dev host nor anything else that stays at home."""
    kept = {"function_app.py", "host.json", "petstore", ".git"}
    for path in copy.iterdir():
        if path.name not in kept:
            tree.delete(copy, path.name)
    tree.python(copy, "-W", "error", "-c", "import function_app, petstore.repository.sqlite.store")
