"""The import against a server that misbehaves."""

import asyncio
import io
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from importer.progress import Progress
from importer.sending import Sender
from importer.source import Source
from importer.totals import Totals
from tests.importer.running import begin, beside, pets_file, run_import, until, wait_for_end
from tests.importer.stand_in import Fault, StandIn, always, at_first, no_fault, serving
from tests.ports import free_port


async def _reset(_: StandIn, request: web.Request) -> web.Response:
    assert request.transport
    request.transport.abort()
    return web.Response()


async def _reset_when_made(server: StandIn, request: web.Request) -> web.Response:
    await server.create(request)
    return await _reset(server, request)


async def _cut(_: StandIn, request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(status=201, headers={"Content-Length": "1000"})
    await answer.prepare(request)
    await answer.write(b'{"id": "1"')
    assert request.transport
    request.transport.close()
    return answer


async def _silent(_: StandIn, __: web.Request) -> None:
    await asyncio.sleep(1)


async def test_passing_statuses(tmp_path: Path) -> None:
    """After answers that say "later", in any way, every row is there, once, and none is refused."""
    later = [always(status) for status in (503, 429, 500, 502, 504, 408, 409, 425)]
    later += [always(503, Retry_After="soon"), always(500, "<html>")]

    async def fault(server: StandIn, request: web.Request) -> web.StreamResponse | None:
        return await later.pop()(server, request) if later else None

    async with serving(fault) as server:
        run = await run_import(pets_file(tmp_path, 12), server.url)
    assert (run.code, run.counts) == (0, (12, 0, 0)), run.err
    assert server.names == [f"P{number:04}" for number in range(12)]
    assert len(server.keys) == 22


@pytest.mark.parametrize("fault", [_reset, _reset_when_made, _cut])
async def test_broken_connections(tmp_path: Path, fault: Fault) -> None:
    """A connection that breaks before, after or within an answer costs no row and creates none twice."""
    async with serving(at_first(fault, 3)) as server:
        run = await run_import(pets_file(tmp_path), server.url)
    assert (run.code, sum(run.counts[:2]), run.counts[2]) == (0, 6, 0), run.err
    assert server.names == [f"P{number:04}" for number in range(6)]
    assert len(server.keys) == 9


async def test_no_answer_in_time(tmp_path: Path) -> None:
    """A request without an answer in time is sent again, with the same key."""
    async with serving(at_first(_silent)) as server:
        run = await run_import(pets_file(tmp_path, 1), server.url, "--timeout", "0.5")
    assert (run.code, len(set(server.keys)), len(server.pets)) == (0, 1, 1)
    assert len(server.keys) >= 2


async def test_everybody_waits_as_asked(tmp_path: Path) -> None:
    """After a 429 no request starts before its Retry-After is over, for any row."""
    answered = asyncio.Event()
    end = 0.0

    async def fault(server: StandIn, _: web.Request) -> web.Response | None:
        nonlocal end
        if len(server.arrived) == 1:
            end = asyncio.get_running_loop().time()
            answered.set()
            return web.Response(status=429, headers={"Retry-After": "2"})
        if len(server.arrived) <= 4:
            await answered.wait()
            await asyncio.sleep(0.5)  # so that the 429 is there first
        return None

    async with serving(fault) as server:
        run = await run_import(pets_file(tmp_path, 20), server.url, "--concurrency", "4")
    assert (run.code, run.counts) == (0, (20, 0, 0))
    assert min(server.arrived[4:]) - end >= 2


async def test_one_waits_as_asked(tmp_path: Path) -> None:
    """A key in flight delays its own row and no other."""
    async with serving(at_first(always(409, Retry_After="1"))) as server:
        run = await run_import(pets_file(tmp_path, 20), server.url)
    assert (run.code, run.counts) == (0, (20, 0, 0))
    assert server.keys[-1] == server.keys[0]
    assert server.arrived[-1] - server.arrived[0] >= 1


async def test_a_wait_until_a_date(tmp_path: Path) -> None:
    """Retry-After may be a date."""
    until = datetime.now(UTC) + timedelta(seconds=3)
    later = format_datetime(until, usegmt=True)
    async with serving(at_first(always(503, Retry_After=later))) as server:
        run = await run_import(pets_file(tmp_path, 1), server.url)
    assert run.code == 0
    assert datetime.now(UTC) >= until.replace(microsecond=0)


@pytest.mark.parametrize("fault", [always(503), _reset])
async def test_endless_faults(tmp_path: Path, fault: Fault) -> None:
    """Tries are bounded; then the run ends with 2, and the next one creates what is missing."""
    path = pets_file(tmp_path)
    async with serving(fault) as server:
        run = await run_import(path, server.url, "--tries", "2")
        assert (run.code, run.counts, server.pets) == (2, (0, 0, 0), {})
        assert "after 2 tries" in run.err
        assert "Run it again" in run.err
        assert len(server.keys) <= 2 * 6
        server.fault = no_fault
        again = await run_import(path, server.url)
    assert (again.code, again.counts) == (0, (6, 0, 0))


async def test_nobody_there(tmp_path: Path) -> None:
    """Where nobody listens from the start, the run ends after one attempt and says what to do."""
    url = f"http://127.0.0.1:{free_port()}/api"
    run = await run_import(pets_file(tmp_path), url)
    assert (run.code, run.counts) == (2, (0, 0, 0))
    assert f"NO SERVER: cannot reach {url}/pets: " in run.err
    assert "Is `make start` running?" in run.err
    assert "waiting" not in run.err


async def test_no_such_host(tmp_path: Path) -> None:
    """A name that does not exist ends the run after one attempt; `make start` would not help."""
    run = await run_import(pets_file(tmp_path), "http://nobody.invalid/api")
    assert (run.code, "Is the URL right?" in run.err) == (2, True)
    assert "make start" not in run.err


async def test_a_server_that_comes_back(tmp_path: Path) -> None:
    """A server that was there once is waited for when nobody listens on its port."""

    async def hold_the_fourth(server: StandIn, _: web.Request) -> None:
        if len(server.arrived) > 3:
            await asyncio.Event().wait()

    path, port = pets_file(tmp_path, 20), free_port()
    async with serving(hold_the_fourth, port) as first:
        process = await begin(path, first.url, "--concurrency", "1")
        await until(lambda: len(first.arrived) == 4)
    await asyncio.sleep(1)  # the next try comes within half a second, and finds nobody
    async with serving(port=port) as second:
        run = await wait_for_end(process)
    assert (run.code, run.counts) == (0, (20, 0, 0)), run.err
    assert (len(first.pets), len(second.pets)) == (3, 17)


async def test_the_wait_is_shown_as_it_is(tmp_path: Path) -> None:
    """The first wait is under half a second, and is not shown as 0 s."""
    with Source(pets_file(tmp_path, 1)) as source:
        totals = Totals()
        async with serving(at_first(always(503))) as server, aiohttp.ClientSession() as session:
            sender = Sender(session, server.url + "/pets", 2, totals)
            sending = asyncio.create_task(sender.send({"name": "A"}, "key"))
            await until(lambda: totals.trouble != "")
            line = Progress(source, totals, io.StringIO()).line()
            await sending
            paused = server.arrived[1] - server.arrived[0]
    shown = re.search(r"waiting (\d\.\d) s: 503: an empty answer", line)
    assert shown, line
    assert 0.2 <= float(shown[1]) <= 0.5
    assert paused >= float(shown[1]) - 0.05


async def test_a_wait_that_is_too_long(tmp_path: Path) -> None:
    """A wait of a day is shown, and not waited for."""
    async with serving(always(429, Retry_After="86400")) as server:
        run = await run_import(pets_file(tmp_path), server.url)
    assert (run.code, "asks to wait 86400 s" in run.err) == (2, True)


@pytest.mark.parametrize("status", [401, 403])
async def test_hopeless(tmp_path: Path, status: int) -> None:
    """What no other row would change stops the run at once: no row is refused, none tried again."""
    path = pets_file(tmp_path, 100)
    async with serving(always(status, '{"detail": "No."}')) as server:
        run = await run_import(path, server.url, "--concurrency", "3")
    assert (run.code, run.counts) == (2, (0, 0, 0))
    assert f"answered {status}: No." in run.err
    assert len(server.keys) <= 3
    assert beside(path) == {path.name, f"{path.name}.import-id"}


@pytest.mark.parametrize("fault", [always(200, "<html>Sign in</html>"), always(201, "made")])
async def test_garbage(tmp_path: Path, fault: Fault) -> None:
    """An answer that is not the API's is not taken for a pet."""
    async with serving(fault) as server:
        run = await run_import(pets_file(tmp_path), server.url)
    assert (run.code, run.counts[0]) == (2, 0)
    assert "not the API's" in run.err


async def test_endless_answer(tmp_path: Path) -> None:
    """An answer without end is read no further than a pet may be long."""

    async def endless(_: StandIn, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=200)
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 100_000)

    async with serving(endless) as server:
        run = await run_import(pets_file(tmp_path, 1), server.url)
    assert run.code == 2


async def test_a_redirect(tmp_path: Path) -> None:
    """A redirect is reported and not followed: the token does not go elsewhere."""
    async with serving() as other, serving() as server:
        server.fault = always(307, Location=f"{other.url}/pets")
        run = await run_import(pets_file(tmp_path), server.url, token="secret")  # noqa: S106
    assert (run.code, other.arrived) == (2, [])
    assert f"307, a redirect to {other.url}/pets" in run.err
    assert "secret" not in run.err + run.out


async def test_the_token_is_sent(tmp_path: Path) -> None:
    """Every request carries the token of the environment."""
    async with serving() as server:
        await run_import(pets_file(tmp_path), server.url, token="secret")  # noqa: S106
        assert server.tokens == {"Bearer secret"}


async def test_so_many_at_once(tmp_path: Path) -> None:
    """As many requests are in flight as were asked for, and no more."""

    async def fault(server: StandIn, _: web.Request) -> None:
        await until(lambda: server.busiest == 5)

    async with serving(fault) as server:
        await run_import(pets_file(tmp_path, 100), server.url, "--concurrency", "5")
        assert (server.busiest, len(server.pets)) == (5, 100)
