"""docs/adapting.md names the places that its recipes change; tests/adapting applies them."""

import re

import pytest

from tests.adapting import recipes
from tests.adapting.tree import Edit
from tests.documents import quoted, read, rows, section

_PAGE = "docs/adapting.md"
_RECIPES = [
    ("One more member", recipes.MEMBER),
    ("One more filter", recipes.FILTER),
    ("One more route", recipes.ROUTE),
    ("Another store", recipes.STORE),
    ("Drop the importer", recipes.WITHOUT_IMPORTER),
    ("Drop the mails", recipes.WITHOUT_MAILS),
]


@pytest.mark.parametrize(("heading", "edits"), _RECIPES)
def test_the_page_lists_the_places(heading: str, edits: list[Edit]) -> None:
    """The page names the files of the recipe and how many places there are in each."""
    text = section(read(_PAGE), f"## {heading}")
    listed = {quoted(row[0])[0]: int(row[1]) for row in rows(text)}
    places = [edit.path for edit in edits]
    assert listed == {path: places.count(path) for path in places}
    numbers = re.search(r"\*\*(\d+) places? in (\d+) files?\*\*", text)
    assert numbers is not None
    assert numbers.groups() == (str(len(places)), str(len(set(places))))


@pytest.mark.parametrize(("heading", "edits"), _RECIPES)
def test_each_place_is_there(heading: str, edits: list[Edit]) -> None:
    """Each text that a recipe replaces occurs once: what moves it moves the recipe too."""
    lost = [edit for edit in edits if read(edit.path).count(edit.old) != 1]
    assert lost == [], heading
