"""The documents show the figures that were measured."""

from benchmarks import figures


def test_the_page_shows_the_figures() -> None:
    """docs/figures.md shows what benchmarks/figures.json holds; `make bench` writes both."""
    page = figures.PAGE.read_text(encoding="utf-8")
    shown = page.partition(figures.BEGIN)[2].partition(figures.END)[0]
    assert shown == figures.table(figures.read())
