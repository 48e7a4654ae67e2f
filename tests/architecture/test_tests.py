"""What the tests share stands in one place."""

import re
from pathlib import PurePath

from tests.conftest import LONGEST
from tests.documents import read, tracked

_PLACE = "tests/tree.py"
# The version of the Python that runs set-up's own test is what that test is about.
_VERSION = {_PLACE, "tests/e2e/test_setup.py"}


def _holding(pattern: str) -> set[str]:
    names = (name for name in tracked() if name.startswith("tests/") and name.endswith(".py"))
    return {name for name in names if "/probe_" not in name and re.search(pattern, read(name))}


def test_one_place_knows_where_the_repository_is() -> None:
    """Only tree.py counts folders upwards from a file; all others import ROOT."""
    assert _holding(r"__file__\)\.parents\[") == {_PLACE}


def test_one_place_checks_the_version() -> None:
    """Only tree.py says on which Python the dev host runs."""
    assert _holding(r"sys\.version_info") == _VERSION


def test_the_longest_files_are_there() -> None:
    """Each file that is to begin first exists."""
    stems = {PurePath(name).stem for name in tracked() if name.startswith("tests/")}
    assert set(LONGEST) <= stems
