"""``python -m benchmarks.plots``: draws the figures as SVG into docs/plots.

Each file ends with a comment that holds a check of the data it shows, so that a test can tell
whether it is up to date without comparing drawings.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from benchmarks import figures
from benchmarks.apps import ROOT
from costs.operations import read_measured
from costs.plans import Month, bills
from costs.prices import read_prices
from costs.traffic import Traffic

FOLDER = ROOT / "docs" / "plots"
_REQUESTS = [round(10 ** (4 + step / 8)) for step in range(33)]  # 10,000 to 100 million
_STAGES = {
    "worker": "worker's imports",
    "indexing": "loading the app",
    "packages": "the store's packages",
    "first": "first connection and request",
}
_BARS = ("bare", "SQLite", "Cosmos", "eager")


def data() -> dict[str, Any]:
    """Return what each drawing shows, by its name."""
    found = figures.read()
    return {
        "cost": _costs(),
        "latency": {name: found["concurrency"][name] for name in ("SQLite", "FastAPI")},
        "cold-start": {name: found["stages"][name] for name in _BARS},
    }


def check(shown: Any) -> str:  # noqa: ANN401 - JSON
    """Return what stands for the data of a drawing."""
    text = json.dumps(shown, sort_keys=True).encode()
    return f"<!-- data: {hashlib.sha256(text).hexdigest()[:32]} -->"


def _costs() -> dict[str, list[float]]:
    measured, prices = read_measured(Traffic().pets), read_prices("eastus")
    months = [bills(Month(Traffic(requests=count), measured, prices)) for count in _REQUESTS]
    totals = {
        plan.name: [round(month[at].total, 2) for month in months]
        for at, plan in enumerate(months[0])
    }
    return {"requests": list(_REQUESTS), **totals}


def break_even(costs: dict[str, list[float]], one: str, other: str) -> int | None:
    """Return the index of the first month in which one plan is dearer than the other."""
    pairs = enumerate(zip(costs[one], costs[other], strict=True))
    return next((at for at, (mine, others) in pairs if mine > others), None)


def _draw_costs(axes: Any, shown: Any) -> None:  # noqa: ANN401 - matplotlib's
    for name in shown:
        if name != "requests":
            axes.plot(shown["requests"], shown[name], label=name)
    at = break_even(shown, "Consumption (Y1)", "App Service B1")
    if at is not None:
        requests, dollars = shown["requests"][at], shown["Consumption (Y1)"][at]
        axes.plot(requests, dollars, "ko")
        axes.annotate(
            f"B1 is cheaper from\n{requests / 1e6:.0f} million on",
            (requests, dollars / 4),
            ha="center",
        )
    axes.set(xscale="log", yscale="log", xlabel="requests a month", ylabel="USD a month")
    axes.legend(fontsize="small")


def _draw_latency(axes: Any, shown: Any) -> None:  # noqa: ANN401 - matplotlib's
    for name, label in (("SQLite", "this app, dev host"), ("FastAPI", "FastAPI, uvicorn")):
        levels = [int(level) for level in shown[name]]
        for which, style in (("median_ms", "-o"), ("p95_ms", "--o")):
            times = [one[which] for one in shown[name].values()]
            axes.plot(levels, times, style, label=f"{label}, {which.removesuffix('_ms')}")
    axes.set(xscale="log", yscale="log", xlabel="requests at a time", ylabel="ms")
    axes.legend(fontsize="small")


def _draw_cold_starts(axes: Any, shown: Any) -> None:  # noqa: ANN401 - matplotlib's
    lefts = [0.0] * len(shown)
    for stage, label in _STAGES.items():
        widths = [one[stage] for one in shown.values()]
        axes.barh(list(shown), widths, left=lefts, label=label)
        lefts = [left + width for left, width in zip(lefts, widths, strict=True)]
    axes.set(xlabel="ms, each package imported once, nothing ahead of the first request")
    axes.legend(fontsize="small")


_DRAWINGS: dict[str, Callable[[Any, Any], None]] = {
    "cost": _draw_costs,
    "latency": _draw_latency,
    "cold-start": _draw_cold_starts,
}


def main() -> None:
    """Draw all of them."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "petstore"
    FOLDER.mkdir(exist_ok=True)
    for name, shown in data().items():
        figure = Figure(figsize=(8, 4.5), layout="tight")
        _DRAWINGS[name](figure.subplots(), shown)
        file = FOLDER / f"{name}.svg"
        figure.savefig(file, metadata={"Date": None})
        text = "\n".join(line.rstrip() for line in file.read_text().splitlines())
        file.write_text(f"{text}\n{check(shown)}\n")


if __name__ == "__main__":
    main()
