"""The figures: one JSON file that ``make bench`` writes, and the table that shows it."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import targets

FILE = Path(__file__).with_name("figures.json")
PAGE = Path(__file__).parents[1] / "docs" / "figures.md"
BEGIN, END = "<!-- begin: make bench -->\n", "<!-- end: make bench -->"

type Row = dict[str, float | str]


def row(unit: str, times: Sequence[float]) -> Row:
    """Return what is kept of the runs of one measurement."""
    least, middle, most = min(times), statistics.median(times), max(times)
    kept = {"min": least, "median": middle, "max": most}
    return {"unit": unit, **{name: round(value, 1) for name, value in kept.items()}}


def head(runs: int) -> dict[str, Any]:
    """Return when, where and how often was measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"a {os.cpu_count()}-core {platform.system()} machine,"
        f" Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 1),
        "runs": runs,
    }


def read() -> dict[str, Any]:
    """Return the figures of the last run that was kept."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def write(figures: dict[str, Any]) -> None:
    """Keep the figures, in the file and in the page."""
    FILE.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{table(figures)}{END}{after}", encoding="utf-8")


def table(figures: dict[str, Any]) -> str:
    """Return the part of docs/figures.md that shows the figures."""
    lines = [
        (
            f"Measured on {figures['date']} on {figures['machine']}, load {figures['load']};"
            f" {figures['runs']} runs, bytecode present."
        ),
        "",
        "| what | min | median | max | | RU |",
        "|---|---|---|---|---|---|",
    ]
    units = figures["request_units"]
    for name, found in figures["rows"].items():
        numbers = " | ".join(f"{found[key]:,.1f}" for key in ("min", "median", "max"))
        charge = f"{units[what]:.1f}" if (what := name.removesuffix(", Cosmos")) in units else ""
        lines.append(f"| {name} | {numbers} | {found['unit']} | {charge} |")
    lines += ["", *targets.table(figures), "", *_parts(figures["parts"])]
    lines += [
        "",
        "A get over HTTP, client and server on the same cores:",
        "",
        "| at a time | dev host: calls/s | median | p95 | uvicorn: calls/s | median | p95 |",
        "|---|---|---|---|---|---|---|",
    ]
    app, peer = (figures["concurrency"][name] for name in ("SQLite", "FastAPI"))
    for level in app:
        cells = [
            f"{curve[level]['calls_per_second']:,.0f} | {curve[level]['median_ms']:.2f} ms"
            f" | {curve[level]['p95_ms']:.2f} ms"
            for curve in (app, peer)
        ]
        lines.append(f"| {level} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _parts(parts: dict[str, dict[str, float]]) -> list[str]:
    """Return the lines that say where the time of each call goes."""
    lines = [
        "Where a warm call on SQLite spends its time, in percent, as a profiler counts it:",
        "",
    ]
    for what, shares in parts.items():
        lines.append(
            f"- {what}: {', '.join(f'{part} {share:g}' for part, share in shares.items())}"
        )
    return lines
