"""``python -m benchmarks``: measures, prints the table, and keeps it in figures.json and docs."""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks import figures, quoted
from benchmarks.apps import APPS, BY_IDENTITY, ON_COSMOS, ROOT
from benchmarks.load import curves
from benchmarks.wire import Wire, running_wire
from costs.operations import request_units

_RUNS = 5
_CALLS = 100  # a round
_REQUESTS = 100  # before the memory is read
_GAP = 800  # ms from indexing to the first request on the real host, 750 to 950
_STAGES = ("worker", "packages", "indexing", "first")

type Settings = dict[str, str]


def _run(module: str, *arguments: object, settings: Settings) -> Any:  # noqa: ANN401 - JSON
    """Run a module in a fresh process; return what it printed last."""
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            # With its background functions, as in Azure.
            "AzureWebJobsStorage": "devhost",
            "PYTHONDONTWRITEBYTECODE": "",
            **settings,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"{module} {arguments}: {result.stderr[-2000:]}")
    return json.loads(result.stdout.splitlines()[-1])


def _cold(
    settings: dict[str, Settings], gap: int, *split: str
) -> dict[str, list[dict[str, float]]]:
    """Start every app in turn, so that what disturbs the machine disturbs all of them."""
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for turn in range(_RUNS + 1):
        for name, app in (APPS | BY_IDENTITY).items():
            target = app.target.replace("{id}", settings[name]["BENCHMARK_PET"])
            run = _run("one_run", name, target, _REQUESTS, gap, *split, settings=settings[name])
            if turn:  # the first one compiled the modules
                found[name].append(run)
    return found


def _cold_rows(settings: dict[str, Settings]) -> dict[str, figures.Row]:
    rows = {}
    at_once = _cold(settings, 0)
    for what, title, unit in (
        ("indexing", "indexing", "ms"),
        ("first", "first get, at once", "ms"),
        ("memory", "memory", "MiB"),
    ):
        for name, runs in at_once.items():
            rows[f"{title}, {name}"] = figures.row(unit, [run[what] for run in runs])
    for name, runs in at_once.items():
        whole = [run["indexing"] + run["first"] for run in runs]
        rows[f"indexing and first get, {name}"] = figures.row("ms", whole)
    waited = _cold(settings, _GAP)
    for name, runs in waited.items():
        rows[f"first get, after {_GAP} ms, {name}"] = figures.row(
            "ms", [run["first"] for run in runs]
        )
    return rows


def _stages(settings: dict[str, Settings]) -> dict[str, dict[str, float]]:
    """Return the medians of a cold start's stages in ms, with nothing imported ahead."""
    lazy = {name: {**given, "WARM_UP": "off"} for name, given in settings.items()}
    return {
        name: {
            stage: float(figures.row("ms", [run[stage] for run in runs])["median"])
            for stage in _STAGES
        }
        for name, runs in _cold(lazy, 0, "split").items()
    }


def _warm_rows(settings: dict[str, Settings]) -> dict[str, figures.Row]:
    rows = {}
    for name in APPS:
        found = _run("warm", name, _RUNS, _CALLS, settings=settings[name])
        for what, rounds in found.items():
            title = f"{what}, {name}" if what != name else what
            rows[title] = figures.row("us", [clock for clock, _ in rounds])
            rows[f"{title}, CPU"] = figures.row("us", [cpu for _, cpu in rounds])
    relays = _run("relay", settings=settings["SQLite"])
    return rows | {"relay of 100 events, SQLite": figures.row("ms", relays)}


def _settings(folder: Path, wire: Wire) -> dict[str, Settings]:
    """Return every app's settings, with a pet where it looks for one."""
    on_sqlite = {"PETSTORE_SQLITE_PATH": str(folder / "pets.db")}
    given = {True: wire.by_key, False: on_sqlite}
    for one in given.values():
        one["BENCHMARK_PET"] = _fill(one)
    by_identity = {**wire.by_identity, "BENCHMARK_PET": wire.by_key["BENCHMARK_PET"]}
    return {
        **{name: given[name in ON_COSMOS] for name in APPS},
        **dict.fromkeys(BY_IDENTITY, by_identity),
    }


def _fill(settings: Settings) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.fill"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.splitlines()[-1]


def main() -> None:
    """Measure everything; three to five minutes."""
    with tempfile.TemporaryDirectory() as name, running_wire() as wire:
        settings = _settings(Path(name), wire)
        kept = figures.head(_RUNS)
        kept["rows"] = _cold_rows(settings) | _warm_rows(settings)
        kept["stages"] = _stages(settings)
        sqlite = settings["SQLite"]
        kept["parts"] = _run("parts", settings=sqlite)
        kept["concurrency"] = curves(sqlite, sqlite["BENCHMARK_PET"])
    units = request_units(pets=1)
    kept["request_units"] = {
        "get": units["get"],
        "create": units["create"],
        "list(20)": units["list"],
    }
    figures.write(kept)
    quoted.main()
    print(figures.table(kept))


if __name__ == "__main__":
    main()
