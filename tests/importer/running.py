"""Runs the importer as a user does: in a process of its own."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tree import ROOT

_SECONDS = 60


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int | None
    out: str
    err: str

    @property
    def counts(self) -> tuple[int, int, int]:
        """Return how many rows were created, already there and refused."""
        words = self.out.splitlines()[0].replace(",", "").split()
        return int(words[1]), int(words[4]), int(words[6])


def pets_file(folder: Path, rows: int = 6, name: str = "pets.jsonl") -> Path:
    """Write a file of different rows: P0000, P0001 and so on."""
    lines = [json.dumps({"name": f"P{number:04}", "species": "cat"}) for number in range(rows)]
    path = folder / name
    path.write_text("\n".join(lines))
    return path


def refused_of(file: Path) -> dict[int, dict[str, Any]]:
    """Return the entries of the side file by line; none if there is no such file."""
    side = file.with_name(file.name + ".refused.jsonl")
    if not side.exists():
        return {}
    entries = [json.loads(line) for line in side.read_text("utf-8").splitlines()]
    return {entry["line"]: entry for entry in entries}


def beside(file: Path) -> set[str]:
    """Return the names of the files in a file's folder."""
    return {found.name for found in file.parent.iterdir()}


async def until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds; fail when it never does."""
    for _ in range(_SECONDS * 200):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the condition never held")


async def begin(file: Path, url: str, *options: str, token: str = "") -> Process:
    """Start an import."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "importer", str(file), "--url", url, *options),
        cwd=ROOT,
        env={**os.environ, "PETSTORE_TOKEN": token},
        stdout=PIPE,
        stderr=PIPE,
    )


async def wait_for_end(process: Process) -> Ended:
    """Wait for its end; no run may end with a traceback."""
    out, err = await asyncio.wait_for(process.communicate(), _SECONDS)
    assert b"Traceback" not in err, err.decode()
    return Ended(process.returncode, out.decode(), err.decode())


async def run_import(file: Path, url: str, *options: str, token: str = "") -> Ended:
    """Run an import to its end."""
    return await wait_for_end(await begin(file, url, *options, token=token))
