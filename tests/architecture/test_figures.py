"""The documents show the figures that were measured."""

import re
from pathlib import Path

import pytest

from benchmarks import figures, plots, quoted
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


def test_the_plots_show_the_figures() -> None:
    """Each drawing was made from today's figures and prices; `make figures` makes them again."""
    for name, shown in plots.data().items():
        drawing = (plots.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        assert drawing.endswith(f"{plots.check(shown)}\n"), name
    assert plots.check({"a": 1}) != plots.check({"a": 2})


def test_the_break_even() -> None:
    """The break-even is the first month in which one plan is dearer than the other."""
    costs = {"one": [1.0, 5.0, 9.0], "other": [4.0, 5.0, 6.0]}
    assert plots.break_even(costs, "one", "other") == 2
    assert plots.break_even({"one": [1.0], "other": [4.0]}, "one", "other") is None
