"""Ctrl-C, once and twice."""

import asyncio
import signal
from pathlib import Path

from aiohttp import web

from tests.importer.running import begin, pets_file, run_import, until, wait_for_end
from tests.importer.stand_in import StandIn, always, serving


async def test_ctrl_c(tmp_path: Path) -> None:
    """Ctrl-C lets the requests under way end, says how far it came, and the next run goes on."""
    release = asyncio.Event()

    async def held(_: StandIn, __: web.Request) -> None:
        await release.wait()

    path = pets_file(tmp_path, 50)
    async with serving(held) as server:
        process = await begin(path, server.url, "--concurrency", "4")
        await until(lambda: len(server.arrived) == 4)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)  # so that the signal is there before the answers
        release.set()
        run = await wait_for_end(process)
        assert (run.code, run.counts, len(server.pets)) == (130, (4, 0, 0), 4)
        assert "Run it again" in run.err
        again = await run_import(path, server.url)
        assert (again.code, again.counts, len(server.pets)) == (0, (46, 4, 0), 50)


async def test_ctrl_c_while_waiting(tmp_path: Path) -> None:
    """Ctrl-C does not wait for the end of a pause."""
    async with serving(always(503, Retry_After="200")) as server:
        process = await begin(pets_file(tmp_path), server.url)
        await until(lambda: len(server.arrived) == 6)
        await asyncio.sleep(0.3)  # so that all of them wait
        process.send_signal(signal.SIGINT)
        assert (await wait_for_end(process)).code == 130
        assert len(server.arrived) == 6


async def test_two_ctrl_c(tmp_path: Path) -> None:
    """A second Ctrl-C does not wait for answers."""
    release = asyncio.Event()

    async def held(_: StandIn, __: web.Request) -> None:
        await release.wait()

    async with serving(held) as server:
        process = await begin(pets_file(tmp_path), server.url)
        await until(lambda: len(server.arrived) == 6)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            await asyncio.sleep(0.3)  # two signals at once are one
        run = await wait_for_end(process)
        release.set()
    assert (run.code, "Interrupted" in run.err) == (130, True)
