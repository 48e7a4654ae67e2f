"""Who may run a background function by hand: somebody at this machine, and no web page."""

import asyncio
from collections.abc import Mapping

import pytest

from devhost.host import Host
from devhost.http.loopback import is_loopback
from devhost.http.requests import Request
from devhost.worker.messages import TypedData
from tests.devhost.fakes import FakeWorker
from tests.devhost.running import running
from tests.tree import ROOT

_CASES: list[tuple[str, dict[str, str], int]] = [
    ("127.0.0.1", {"Host": "localhost:7071"}, 202),
    ("127.0.0.1", {"Host": "127.0.0.1:7071"}, 202),
    ("::1", {"Host": "[::1]:7071"}, 202),
    ("::ffff:127.0.0.1", {"Host": "LOCALHOST."}, 202),
    ("", {}, 202),
    ("192.168.0.7", {"Host": "localhost:7071"}, 401),
    ("::ffff:192.168.0.7", {"Host": "localhost:7071"}, 401),
    ("fe80::1%eth0", {"Host": "localhost:7071"}, 401),
    ("127.0.0.1", {"Host": "evil.example:7071"}, 401),
    ("127.0.0.1", {"Host": "127.0.0.1.evil.example"}, 401),
    ("127.0.0.1", {"Host": "192.168.0.7:7071"}, 401),
    ("127.0.0.1", {"Host": "localhost:7071", "Origin": "https://evil.example"}, 401),
    ("127.0.0.1", {"Host": "localhost:7071", "Origin": "http://localhost:7071"}, 401),
    ("127.0.0.1", {"Host": "localhost:7071", "Origin": "null"}, 401),
]


@pytest.mark.parametrize(("peer", "headers", "status"), _CASES)
async def test_who_may_run_a_function(peer: str, headers: dict[str, str], status: int) -> None:
    """From this machine, under its own name and not from a page, a function runs; else it is 401."""
    ran = asyncio.Event()

    async def work(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> None:
        ran.set()

    worker = FakeWorker()
    worker.add("tick", work, {"type": "timerTrigger", "name": "timer", "schedule": "0 0 3 * * *"})
    host = Host(worker)
    sent = Request("POST", "/admin/functions/tick", list(headers.items()), b"{}", peer)
    response, _ = await host.handle(sent)
    assert response.status == status
    await host.background.finish(5)
    assert ran.is_set() is (status == 202)


@pytest.mark.parametrize("name", ["", "localhost.evil", "0.0.0.0", "::", "128.0.0.1", "1"])  # noqa: S104
def test_what_is_not_loopback(name: str) -> None:
    """A name or address that others can have, or that stands for all, is not this machine's own."""
    assert not is_loopback(name)


@pytest.mark.parametrize(("name", "warns"), [("0.0.0.0", True), ("127.0.0.1", False)])  # noqa: S104
def test_a_host_that_others_reach(name: str, warns: bool) -> None:  # noqa: FBT001 - a column
    """A host that listens beyond this machine says so at its start, and what that means."""
    with running(ROOT / "tests/devhost/probe_b", "--host", name) as host:
        assert ("WARNING: 0.0.0.0 can be reached from other machines" in host.printed) is warns
