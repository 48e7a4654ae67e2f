"""Bad input gets an error that names the fix; good input a report."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from costs import __main__ as costs
from costs.errors import BadInput
from costs.operations import FIGURES, read_measured
from costs.prices import FILE, read_prices

_RESTORE = r"git checkout costs/prices\.json"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--requests", "-1"], "--requests is -1: give a number of requests a month from 0"),
        (["--requests", "1e30"], "from 0 to 100,000,000,000"),
        (["--requests", "nan"], "--requests is nan"),
        (["--pets", "-5"], "--pets is -5"),
        (["--reads", "90"], "write 0.9 for 90 %"),
        (["--lists", "-0.1"], "--lists is a share from 0 to 1"),
        (["--peak", "inf"], "--peak is inf"),
        (["--requests", "2628000", "--peak", "0.5"], "give a higher peak, or fewer --requests"),
        (["--region", "mars"], "Unknown region 'mars'. Prices are known for centralus, eastus"),
    ],
)
def test_bad_arguments(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Absurd traffic and an unknown region end with 2 and one line that says what to do."""
    assert costs.main(arguments) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def _damaged(tmp_path: Path, name: str, **changes: Any) -> Path:
    content = json.loads(FILE.read_text())
    content["prices"][name] |= changes
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize(
    "changes",
    [
        {"amounts": {"eastus": -1}},
        {"amounts": {"eastus": "free"}},
        {"amounts": {"eastus": True}},
        {"amounts": {"eastus": float("nan")}},
        {"amounts": {}},
        {"amounts": None},
        {"unit": ""},
        {"source": None},
        {"link": 7},
        {"date": "last year"},
        {"date": 2026},
    ],
)
def test_damaged_prices(tmp_path: Path, changes: dict[str, Any]) -> None:
    """A damaged price names the file and how to get it back."""
    with pytest.raises(BadInput, match=_RESTORE):
        read_prices("eastus", _damaged(tmp_path, "logs", **changes))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"prices": 1}', '{"prices": {"a": 1}, "currency": "USD"}']
)
def test_no_prices(tmp_path: Path, text: str) -> None:
    """A file that holds no prices does the same, and so does none."""
    file = tmp_path / "prices.json"
    file.write_text(text)
    with pytest.raises(BadInput, match=_RESTORE):
        read_prices("eastus", file)
    with pytest.raises(BadInput, match=_RESTORE):
        read_prices("eastus", tmp_path / "missing.json")


@pytest.mark.parametrize("text", ["", "{}", '{"rows": {}, "date": "", "machine": ""}'])
def test_damaged_figures(tmp_path: Path, text: str) -> None:
    """Figures that cannot be used are to be measured again."""
    file = tmp_path / "figures.json"
    file.write_text(text)
    with pytest.raises(BadInput, match="run `make bench`"):
        read_measured(1, file)


def test_figures_of_zero(tmp_path: Path) -> None:
    """An operation that takes no time was not measured."""
    content = json.loads(FIGURES.read_text())
    content["rows"]["get, Cosmos, CPU"]["median"] = 0
    file = tmp_path / "figures.json"
    file.write_text(json.dumps(content))
    with pytest.raises(BadInput, match="run `make bench`"):
        read_measured(1, file)


def test_old_prices_are_called_out(tmp_path: Path) -> None:
    """A price older than a year, one without a date and one of another region are named."""
    file = _damaged(tmp_path, "logs", date="2025-01-01", amounts={"centralus": 2})
    warnings = read_prices("eastus", file).warnings(dt.date(2026, 1, 2))
    assert any(one.startswith("older than a year: logs (of 2025-01-01)") for one in warnings)
    assert any("of unknown age: " in one and "VM B1s" in one for one in warnings)
    assert any("logs (centralus)" in one for one in warnings)
    fresh = read_prices("eastus", file).warnings(dt.date(2025, 12, 31))
    assert not any(one.startswith("older than a year: logs") for one in fresh)


def test_every_price_has_a_source() -> None:
    """Each price of the file says for what, whence, and where to look it up."""
    for one in read_prices("eastus").all():
        assert one.source, one.name
        assert one.link.startswith("https://"), one.name


def test_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    """The text and the JSON tell the same totals, and the cheapest of them."""
    assert costs.main(["--requests", "5000000"]) == 0
    text = capsys.readouterr().out
    assert costs.main(["--requests", "5000000", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert len(content["plans"]) == 7
    for plan in content["plans"]:
        assert sum(line["cost"] for line in plan["lines"]) == pytest.approx(plan["total"])
        assert f"{plan['total']:.2f} USD" in text
    assert f"Cheapest: {content['cheapest']}" in text
