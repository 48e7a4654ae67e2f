"""What reaches the worker's handler, and so the log that is paid for, with the real SDK."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from function_app import wiring
from petstore.sdk_logs import quiet_sdk
from tests.api.client import Client
from tests.contract.two_partitions import TwoPartitions
from tests.emulator.cosmos_emulator import EMULATOR_KEY
from tests.mail_server import mail_server

_BODY = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}
# Servers of the test, in the same process.
_SERVERS = ("aiohttp", "asyncio", "mail.")
# The worker's own; the host keeps them apart as system logs.
_WORKER = "azure.functions"


class _Sent(logging.Handler):
    """The worker's handler: what it is given goes to the host."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith((_WORKER, *_SERVERS)):
            self.lines.append((record.name, record.getMessage()))

    def take(self) -> list[tuple[str, str]]:
        """Return what was sent since the last call."""
        lines, self.lines = self.lines, []
        return lines


@pytest.fixture(params=[logging.INFO, logging.DEBUG], ids=["in Azure", "under func start"])
def sent(request: pytest.FixtureRequest) -> Iterator[_Sent]:
    """Log as the worker does: one handler at the root, at INFO, under Core Tools at DEBUG."""
    root, handler = logging.getLogger(), _Sent()
    before = root.level
    root.addHandler(handler)
    root.setLevel(request.param)
    yield handler
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.fixture
async def on_cosmos(
    store_settings: None,  # noqa: ARG001 - it closes the store
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[None]:
    """Let the app use the SDK, against a fake of Cosmos DB's wire, and a real mail server."""
    fake = TwoPartitions()
    await fake.start()
    monkeypatch.setenv("COSMOS_ENDPOINT", fake.endpoint)
    monkeypatch.setenv("COSMOS_KEY", EMULATOR_KEY)
    with mail_server() as server:
        monkeypatch.setenv("SMTP_URL", server.url)
        monkeypatch.setenv("MAIL_FROM", "pets@shop.example")
        yield
        await wiring.close()
    await fake.stop()


@pytest.mark.usefixtures("on_cosmos")
async def test_only_our_own_lines_are_paid_for(client: Client, sent: _Sent) -> None:
    """A create, a relay and a mail log one, no and one record, an idle tick none; none is the SDK's."""
    assert (await client.get("/api/pets")).status == 200  # opens the store
    sent.take()
    assert (await client.post("/api/pets", _BODY)).status == 201
    assert [name for name, _ in sent.take()] == ["petstore.requests"]
    (message,) = await wiring.relay().run()
    assert sent.take() == []
    await wiring.notifications().deliver(message.encode())
    assert [name for name, _ in sent.take()] == ["petstore"]
    assert await wiring.relay().run() == []
    assert sent.take() == []


def test_what_somebody_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who needs the SDK's own log sets a level before, and it is kept."""
    logger = logging.getLogger("azure.cosmos")
    monkeypatch.setattr(logger, "level", logging.DEBUG)
    quiet_sdk()
    assert logger.level == logging.DEBUG
