"""The bills, as text and as JSON."""

import json
from dataclasses import asdict
from datetime import date

from costs.operations import WAIT_MS
from costs.plans import HOST_MB, Month, Plan, cheapest
from costs.prices import Prices
from costs.traffic import Traffic


def as_text(month: Month, plans: list[Plan], today: date) -> str:
    """Return the bills for people: each plan's lines, the ranking, and what to beware of."""
    traffic, prices = month.traffic, month.prices
    best = cheapest(plans)
    parts = [
        _question(traffic, prices),
        _inputs(month),
        *(_bill(plan, prices.currency) for plan in plans),
        f"Cheapest: {best.name}, {best.total:.2f} {prices.currency}",
    ]
    warnings = [f"! {warning}" for warning in prices.warnings(today)]
    return "\n\n".join([*parts, "\n".join(warnings)]).rstrip()


def _question(traffic: Traffic, prices: Prices) -> str:
    return (
        f"A month of {traffic.requests:,.0f} requests ({traffic.reads:.0%} reads, of these"
        f" {traffic.lists:.0%} lists), {traffic.mean:.3g} a second, {traffic.highest:.3g} at the"
        f" peak, {traffic.pets:,.0f} pets; {prices.region}, {prices.currency}"
    )


def _inputs(month: Month) -> str:
    measured = month.measured
    each = ", ".join(
        f"{name} {one.work_ms:.2f} ms and {one.units:.1f} RU"
        for name, one in measured.operations.items()
    )
    return (
        f"Measured {measured.date} on {measured.machine}: {each}; {measured.memory_mb:.0f} MB,"
        f" and {HOST_MB} MB of the host.\nAssumed: {WAIT_MS:g} ms of waiting for Cosmos DB a"
        " request; request units by Microsoft's tables. Not counted: alerts, egress, mails, claims."
    )


def _bill(plan: Plan, currency: str) -> str:
    lines = [f"{plan.name}{f' (! {plan.obstacle})' if plan.obstacle else ''}"]
    lines += [
        f"  {line.what:<22}{line.amount:>16,.2f} {line.unit:<24}{line.cost:>10.2f}"
        for line in plan.lines
    ]
    return "\n".join([*lines, f"  {'a month':<63}{plan.total:>10.2f} {currency}"])


def as_json(month: Month, plans: list[Plan], today: date) -> str:
    """Return the same for programs."""
    prices = month.prices
    content = {
        "traffic": asdict(month.traffic) | {"peak": month.traffic.highest},
        "region": prices.region,
        "currency": prices.currency,
        "measured": asdict(month.measured),
        "plans": [asdict(plan) | {"total": plan.total} for plan in plans],
        "cheapest": cheapest(plans).name,
        "warnings": prices.warnings(today),
        "prices": [
            asdict(one) | {"date": one.date and one.date.isoformat()} for one in prices.all()
        ],
    }
    return json.dumps(content, indent=2)
