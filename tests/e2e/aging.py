"""Lets time pass for the events in a store, so that no test waits ten minutes."""

import sqlite3
from contextlib import closing
from pathlib import Path


def let_pass(minutes: int, database: Path) -> None:
    """Make every event of an SQLite store older by some minutes."""
    moved = ", ".join(
        f"'$.{name}', {_moved(f"document ->> '{name}'", minutes)}"
        for name in ("occurred_at", "since", "due_at")
    )
    with closing(sqlite3.connect(database, autocommit=True)) as file:
        file.execute(
            f"UPDATE events SET document = json_set(document, {moved}),"  # noqa: S608 - fixed names
            f" due_at = {_moved('due_at', minutes)}"
        )


def states(database: Path) -> dict[str, int]:
    """Count the events of an SQLite store by their state."""
    with closing(sqlite3.connect(database, autocommit=True)) as file:
        return dict(file.execute("SELECT document ->> 'state', count(*) FROM events GROUP BY 1"))


def _moved(moment: str, minutes: int) -> str:
    return (
        f"CASE WHEN {moment} > '9000' THEN {moment}"
        f" ELSE strftime('%Y-%m-%dT%H:%M:%fZ', {moment}, '-{minutes:d} minutes') END"
    )
