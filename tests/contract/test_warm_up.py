"""The thread that warms a process up: what it does, and that nobody notices when it cannot."""

import asyncio
import logging
import secrets
import subprocess
import sys

import pytest

from petstore import warm_up
from petstore.errors import NotFound
from petstore.ids import new_id
from petstore.wiring import Wiring
from tests.contract.two_partitions import TwoPartitions
from tests.emulator.cosmos_emulator import EMULATOR_KEY
from tests.ports import free_port
from tests.tree import ROOT


def _cosmos(endpoint: str, **more: str) -> dict[str, str]:
    database = f"test-{secrets.token_hex(4)}"
    return {
        "COSMOS_ENDPOINT": endpoint,
        "COSMOS_KEY": EMULATOR_KEY,
        "COSMOS_DATABASE": database,
        **more,
    }


async def _warm_up(wiring: Wiring) -> None:
    """Start, and wait until nothing of it runs any more."""
    thread = warm_up.start(wiring)
    assert thread is not None
    # The thread hands the connection to this loop before it ends.
    await asyncio.to_thread(thread.join)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*(task for task in others if "_connect" in repr(task)))


async def test_the_first_request_finds_the_connection(wire: TwoPartitions) -> None:
    """After it the first read opens nothing: the container is known, the read is one request."""
    wiring = Wiring(_cosmos(wire.endpoint))
    await _warm_up(wiring)
    opened = len(wire.requests)
    with pytest.raises(NotFound):
        await wiring.pets().get(new_id())
    await wiring.close()
    assert {"account", "container"} <= set(wire.requests[:opened])
    # The SDK looks at the account again in the background, when it likes.
    assert [one for one in wire.requests[opened:] if one != "account"] == ["read"]


async def test_off(wire: TwoPartitions) -> None:
    """WARM_UP=off asks nothing."""
    wiring = Wiring(_cosmos(wire.endpoint, WARM_UP="off"))
    await _warm_up(wiring)
    assert wire.requests == []


@pytest.mark.parametrize(
    "environment",
    [
        _cosmos(f"http://127.0.0.1:{free_port()}"),
        {"COSMOS_ENDPOINT": "nonsense"},
        {"WARM_UP": "perhaps"},
        {"WEBSITE_SITE_NAME": "app"},
    ],
)
async def test_never_fails(environment: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """An unreachable account and wrong settings are left to the first request, without a word."""
    with caplog.at_level(logging.INFO):
        await _warm_up(Wiring(environment))
    assert [record for record in caplog.records if record.name == "petstore"] == []


def test_a_tool_that_imports_the_app_starts_no_thread() -> None:
    """Without a running loop, as in a tool, nothing is started."""
    code = "import threading, function_app; print(threading.active_count())"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "1"


# The first request is in the middle of the SDK's imports when the thread gets its turn.
_MEETING = """
import asyncio, sys
from threading import Thread
from petstore.ids import new_id
from petstore.wiring import Wiring

wiring = Wiring({"COSMOS_ENDPOINT": sys.argv[1], "COSMOS_KEY": "bm9ib2R5J3M="})
threads = []

class Meeting:
    def find_spec(self, name, path, target=None):
        if name == "azure.core._pipeline_client" and not threads:
            threads.append(Thread(target=wiring.import_ahead))
            threads[0].start()
            threads[0].join(0.3)  # it cannot end before this import does

sys.meta_path.insert(0, Meeting())
try:
    asyncio.run(wiring.pets().get(new_id()))
except Exception as error:
    print(len(threads), type(error).__name__)
"""


def test_the_first_request_and_the_thread_import_in_turn() -> None:
    """A request that comes while the thread imports meets no half-imported package."""
    result = subprocess.run(
        [sys.executable, "-c", _MEETING, f"http://127.0.0.1:{free_port()}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "1 StoreUnavailable"
