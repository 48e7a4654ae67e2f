"""The numbers that documents quote: ``python -m benchmarks.quoted`` writes them again.

In a document ``8.6<!-- bench: KEY -->`` is the median of that row of figures.json, and what stands
between the two comments ``make cost`` is the table of costs.
"""

import re
from typing import Any

from benchmarks import figures
from benchmarks.apps import ROOT
from costs.operations import read_measured
from costs.plans import Month, Plan, bills, cheapest
from costs.prices import read_prices
from costs.traffic import Traffic

PAGES = sorted(ROOT.glob("docs/*.md"))
_NUMBER = re.compile(r"[\d,.]*\d(?=<!-- bench: (.+?) -->)")
_BEGIN, _END = "<!-- begin: make cost -->\n", "<!-- end: make cost -->"
_REQUESTS = (0, 100_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000)


def refreshed(text: str, found: dict[str, Any]) -> str:
    """Return a document with the numbers and the table of today's figures and prices."""
    text = _NUMBER.sub(lambda match: f"{found['rows'][match[1]]['median']:,.1f}", text)
    before, begin, rest = text.partition(_BEGIN)
    return f"{before}{begin}{_table()}{_END}{rest.partition(_END)[2]}" if begin else text


def _table() -> str:
    """Return the costs of months with more and more requests, the cheapest in bold."""
    months = [_month(requests) for requests in _REQUESTS]
    names = [plan.name for plan in months[0]]
    lines = [f"| requests a month | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for requests, plans in zip(_REQUESTS, months, strict=True):
        best = cheapest(plans)
        cells = [
            f"**{plan.total:,.2f}**"
            if plan is best
            else ("not possible" if plan.obstacle else f"{plan.total:,.2f}")
            for plan in plans
        ]
        lines.append(f"| {requests:,} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _month(requests: float) -> list[Plan]:
    traffic = Traffic(requests=requests)
    return bills(Month(traffic, read_measured(traffic.pets), read_prices("eastus")))


def main() -> None:
    """Write the pages again."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(refreshed(text, figures.read()), encoding="utf-8")


if __name__ == "__main__":
    main()
