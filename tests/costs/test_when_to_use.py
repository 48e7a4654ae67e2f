"""The sums in the sentences of docs/when-to-use.md, worked out again from prices and the model."""

import re

import pytest

from costs.meters import consumption_gb_seconds
from costs.operations import read_measured, request_units
from costs.plans import Month, flex, flex_always_ready
from costs.prices import Prices, read_prices
from costs.traffic import HOURS, SECONDS, Traffic
from petstore.settings import read_settings
from tests.documents import read

_UNITS = request_units(pets=10_000)
_TICKS = SECONDS / 30
_LISTS = HOURS * 3600 / read_settings({}).list_cache_seconds
_PRICES = read_prices("eastus")


def _always_ready(memory_gb: float, prices: Prices = _PRICES) -> float:
    return SECONDS * memory_gb * prices["always ready, baseline"]


@pytest.mark.parametrize(
    "sentence",
    [
        f"keeps an instance warm: {_TICKS:,.0f} executions a month",
        f"{_TICKS / 1e6:.4f} of the free million",
        f"{_TICKS * 2.5 / 1e6:.2f} million RU, {_TICKS * 2.5 / 1e6 * _PRICES['cosmos RU']:.2f} dollars",
        f"It costs {_always_ready(2):.2f} dollars a month with 2,048 MB",
        f"{_always_ready(0.5):.2f} with 512 MB",
        f"128 MB for 500 ms are {consumption_gb_seconds(500, 128):.4f} GB-s",
        f"512 MB for 100 ms are {consumption_gb_seconds(100, 512):.2f}",
        f"{_LISTS / HOURS:.0f} times an hour for each URL: {_LISTS:,.0f} lists a month",
        f"{_LISTS * _UNITS['list'] / 1e6:.2f} million RU at {_UNITS['list']:.1f} RU each",
        f"{_UNITS['list']:.1f} million RU, {_UNITS['list'] * _PRICES['cosmos RU']:.1f} dollars",
        f"{_UNITS['get']:.0f} RU a get: {_UNITS['get'] * _PRICES['cosmos RU']:.2f} dollars a million",
    ],
)
def test_a_sum(sentence: str) -> None:
    """What a sentence says is what the sums say."""
    assert sentence in re.sub(r"\s+", " ", read("docs/when-to-use.md"))


def test_where_always_ready_becomes_cheaper() -> None:
    """One instance that is always ready costs less from 3 million requests on, not from 1."""
    measured = read_measured(10_000)
    months = [Month(Traffic(requests=count), measured, _PRICES) for count in (1e6, 3e6)]
    assert [flex(month).total < flex_always_ready(month).total for month in months] == [True, False]


def test_operations_counts_as_the_model_does() -> None:
    """The sums of docs/operations.md take the model's request units of a create."""
    page = read("docs/operations.md")
    assert f"each create (about {_UNITS['create']:.1f} RU" in page
    assert f"100000 * {_UNITS['create']:.1f})" in page
