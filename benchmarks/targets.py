"""What the figures are to be, as ratios of medians in one run, and what they are."""

from collections.abc import Iterator
from typing import Any, NamedTuple


class Target(NamedTuple):
    """A row, at most ``limit`` times another."""

    what: str
    row: str
    to: str
    limit: float


_WHOLE = "indexing and first get"
TARGETS = [
    Target(
        "first answer on Cosmos DB, to the floor", f"{_WHOLE}, Cosmos", f"{_WHOLE}, floor", 1.15
    ),
    Target(
        "the same by identity", f"{_WHOLE}, Cosmos, identity", f"{_WHOLE}, floor, identity", 1.15
    ),
    Target("first answer on Cosmos DB, to eager", f"{_WHOLE}, Cosmos", f"{_WHOLE}, eager", 0.6),
    Target(
        "the same by identity", f"{_WHOLE}, Cosmos, identity", f"{_WHOLE}, eager, identity", 0.6
    ),
    Target("first answer on SQLite, to eager", f"{_WHOLE}, SQLite", f"{_WHOLE}, eager", 0.35),
    Target("indexing, to bare", "indexing, SQLite", "indexing, bare", 1.2),
    Target("get, to bare", "get, SQLite", "bare", 2.0),
    Target("list of 20, to bare", "list(20), SQLite", "bare", 3.5),
    Target("create, to bare", "create, SQLite", "bare", 5.0),
    Target("create with a key, to bare", "create with a key, SQLite", "bare", 9.0),
]


def table(figures: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a table: each target, what it is now, and whether it is met."""
    rows = figures["rows"]
    yield from ("| ratio of medians | now | target | |", "|---|---|---|---|")
    for one in TARGETS:
        now = rows[one.row]["median"] / rows[one.to]["median"]
        met = "met" if now <= one.limit else "missed"
        yield f"| {one.what} | {now:.2f} | at most {one.limit:g} | {met} |"
    curves = figures["concurrency"]
    calls = [curves[name]["32"]["calls_per_second"] for name in ("SQLite", "bare")]
    now = calls[0] / calls[1]
    met = "met" if now >= 0.5 else "missed"  # noqa: PLR2004 - the target
    yield f"| calls a second of 32 clients, to bare | {now:.2f} | at least 0.5 | {met} |"
