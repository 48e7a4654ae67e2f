"""The documents show the figures that were measured."""

import re
from pathlib import Path

import pytest

from benchmarks import figures, quoted
from tests.documents import quoted as quoted_names
from tests.documents import read, rows
from tests.tree import ROOT


def test_the_page_shows_the_figures() -> None:
    """docs/figures.md shows what benchmarks/figures.json holds; `make bench` writes both."""
    page = figures.PAGE.read_text(encoding="utf-8")
    shown = page.partition(figures.BEGIN)[2].partition(figures.END)[0]
    assert shown == figures.table(figures.read())


@pytest.mark.parametrize("page", quoted.PAGES, ids=lambda page: page.name)
def test_the_pages_quote_the_figures(page: Path) -> None:
    """Numbers that a page quotes are the measured ones; `python -m benchmarks.quoted` renews them."""
    text = page.read_text(encoding="utf-8")
    assert quoted.refreshed(text, figures.read()) == text


def test_a_wrong_quotation_is_seen() -> None:
    """A number that was not measured is put right."""
    found = {"rows": {"get, SQLite": {"median": 1234.56}}}
    text = "takes 9,999.9<!-- bench: get, SQLite --> us"
    assert quoted.refreshed(text, found) == "takes 1,234.6<!-- bench: get, SQLite --> us"


def test_each_limit_is_shown() -> None:
    """Each test, function and file that docs/limits.md names is there."""
    shown = [name for row in rows(read("docs/limits.md")) for name in quoted_names(row[-1])]
    assert len(shown) > 15
    for name in shown:
        file, _, test = name.partition("::")
        assert (ROOT / file).is_file(), name
        assert not test or re.search(rf"def {test}\b", read(file)), name
