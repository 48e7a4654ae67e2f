"""What the user sees meanwhile."""

import asyncio
import io
import os
import pty
import re
import sys
from pathlib import Path

import pytest
from aiohttp import web

from importer.progress import Progress
from importer.source import Source
from importer.totals import Totals
from tests.importer.running import refused_of, run_import
from tests.importer.stand_in import StandIn, serving
from tests.tree import ROOT


def _file(folder: Path, rows: int) -> Path:
    path = folder / "pets.jsonl"
    path.write_text("".join(f'{{"name":"{row:04}","species":"cat"}}\n' for row in range(rows)))
    return path


async def test_on_a_terminal(tmp_path: Path) -> None:
    """On a terminal one line is rewritten, not more than five times a second, and ended at the end."""

    async def slow(_: StandIn, __: web.Request) -> None:
        await asyncio.sleep(0.05)

    controller, terminal = pty.openpty()
    try:
        async with serving(slow) as server:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "importer", str(_file(tmp_path, 160)), "--url", server.url),
                cwd=ROOT,
                stderr=terminal,
                stdout=asyncio.subprocess.DEVNULL,
            )
            assert await process.wait() == 0
            seconds = server.arrived[-1] - server.arrived[0]
        shown = os.read(controller, 100_000).decode()
    finally:
        os.close(terminal)
        os.close(controller)
    *_, last = states = shown.strip().split("\r")[1:]
    assert shown.count("\n") == 1
    assert 3 <= len(states) <= seconds * 5 + 5
    assert re.fullmatch(
        r"\[#{20}\] 100%  160 rows  \d+ rows/s  0:00 left  0 refused\x1b\[K", last.strip()
    )
    assert re.match(r"\[#*\.+\] +\d+%  \d+ rows  \d+ rows/s  ", states[1])


async def test_elsewhere(tmp_path: Path) -> None:
    """Elsewhere there are plain lines, the last one at the end; the summary is alone on stdout."""
    async with serving() as server:
        run = await run_import(_file(tmp_path, 20), server.url)
    assert re.fullmatch(r"100%  20 rows  [\d,]+ rows/s  0:00 left  0 refused\n", run.err)
    assert re.fullmatch(
        r"created 20, already there 0, refused 0, in \d+\.\d s \([\d,]+ rows/s\)\n", run.out
    )


@pytest.mark.parametrize(("age", "left"), [(60, "1:00 left"), (4000, "1:06:40 left")])
def test_the_line(tmp_path: Path, age: float, left: str) -> None:
    """Time left follows from the bytes that were read, and trouble is shown."""
    path = _file(tmp_path, 2)
    with Source(path) as source:
        next(source.lines())
        totals = Totals(created=1000, refused=2, trouble="waiting 4 s: 503")
        totals.started -= age
        line = Progress(source, totals, io.StringIO()).line()
    rate = f"{1002 / age:.0f} rows/s"
    assert line == f"50%  1,002 rows  {rate}  {left}  2 refused  waiting 4 s: 503"


async def test_side_file_in_utf_8(tmp_path: Path) -> None:
    """The side file is UTF-8 to be read by people, and good JSON even for an unpaired surrogate."""

    async def refuse(_: StandIn, __: web.Request) -> web.Response:
        return web.Response(status=422)

    path = tmp_path / "pets.jsonl"
    path.write_text('{"name":"Käthe 🐾"}\n{"name":"\\ud800"}\n', encoding="utf-8")
    async with serving(refuse) as server:
        assert (await run_import(path, server.url)).code == 1
    text = (tmp_path / "pets.jsonl.refused.jsonl").read_text("utf-8")
    assert "Käthe 🐾" in text
    assert {entry["row"]["name"] for entry in refused_of(path).values()} == {"Käthe 🐾", "\ud800"}
