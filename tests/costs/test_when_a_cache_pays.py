"""The sums of docs/when-a-cache-pays.md, worked out again from the prices."""

import re

import pytest

from costs.operations import request_units
from costs.prices import read_prices
from costs.traffic import SECONDS
from petstore.repository.cache.breaker import HELD_MS
from tests.documents import read

_PAGE = re.sub(r"\s+", " ", read("docs/when-a-cache-pays.md"))
_SAVED = request_units(pets=10_000)["get"] * read_prices("eastus")["cosmos RU"] / 1e6


@pytest.mark.parametrize("dollars", [10, 25, 50, 100])
def test_break_even(dollars: int) -> None:
    """So many hits cost as much in Cosmos DB as the cache does."""
    hits = dollars / _SAVED
    row = f"| {dollars} dollars | {hits / 1e6:.0f} million | {hits / SECONDS:.0f} |"
    assert row in _PAGE


def test_what_a_hit_saves() -> None:
    """The price of a million point reads is that of the price file."""
    assert f"{_SAVED * 1e6:.2f} dollars a million" in _PAGE


def test_the_ratios() -> None:
    """Each ratio is that of the two figures next to it."""
    rows = re.findall(r"\| ([\d,]+)(?: us)? \| ([\d,]+)(?: us)? \| ([\d.]+) \|", _PAGE)
    assert len(rows) == 5
    for without, with_cache, ratio in rows:
        found = int(with_cache.replace(",", "")) / int(without.replace(",", ""))
        assert float(ratio) == pytest.approx(found, abs=0.006)


def test_for_how_long_a_write_keeps_a_pet_out() -> None:
    """The page says ten seconds, as the code does."""
    assert HELD_MS == 10_000
    assert "more often than every ten seconds" in _PAGE
