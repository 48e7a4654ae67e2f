"""Queue triggers: tries, poison, many at once, storage that goes and comes back."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from devhost.azurite.emulator import running_azurite
from devhost.host import Host
from devhost.http.requests import Request
from devhost.queues.memory import MemoryQueues
from devhost.queues.service import Queue
from devhost.queues.settings import QueueSettings
from devhost.queues.storage import StorageQueues
from devhost.triggers.background import Background
from devhost.triggers.listener import HIDDEN
from devhost.worker.functions import Outcome
from devhost.worker.messages import Message, TypedData
from tests.devhost.fakes import CONNECTION, FakeWorker, http_trigger, queue_output, queue_trigger
from tests.devhost.manual_clock import ManualClock

_Seen = list[tuple[str, int]]


@pytest.fixture(params=["devhost", pytest.param("azurite", marks=pytest.mark.azurite)])
def connection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the storage's setting: to the queues in this process, then to Azurite."""
    value = "devhost" if request.param == "devhost" else request.getfixturevalue("azurite")
    monkeypatch.setenv(CONNECTION, value)
    return str(value)


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the storage's setting to the queues in this process."""
    monkeypatch.setenv(CONNECTION, "devhost")


@pytest.fixture
def queue() -> str:
    """Return the name of a queue that does not exist."""
    return f"queue-{uuid4()}"


def _recorder(seen: _Seen, fails: Callable[[int], bool] = lambda _: False) -> Any:
    async def handler(inputs: Mapping[str, TypedData], metadata: Mapping[str, TypedData]) -> None:
        count = int(metadata["DequeueCount"].value)
        seen.append((inputs["message"].value, count))
        if fails(count):
            raise RuntimeError("no good")

    return handler


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock()


@asynccontextmanager
async def _running(
    worker: FakeWorker, clock: ManualClock, settings: QueueSettings | None = None
) -> AsyncIterator[Background]:
    background = Background(worker, settings, clock)
    assert background.faults == []
    background.start()
    try:
        yield background
    finally:
        background.stop()
        await background.finish(5)
        await background.close()


async def _put(background: Background, queue: str, text: str) -> None:
    coded = base64.b64encode(text.encode()).decode()
    await background._accounts.put(Queue(background.listeners[0].queue.connection, queue), coded)


async def _until(condition: Callable[[], object], clock: ManualClock | None = None) -> None:
    """Wait for a condition; with a clock, every wait by it ends at once meanwhile."""
    async with asyncio.timeout(20):
        while not condition():
            if clock:
                clock.end_next_wait()
            await asyncio.sleep(0.001)


async def _count(background: Background, connection: str, queue: str) -> int:
    """Return how many messages a queue has, hidden ones included."""
    service = background._accounts.service(connection)
    if isinstance(service, MemoryQueues):
        return service.left().get(queue, 0)
    assert isinstance(service, StorageQueues)
    answer = await service._ask("GET", queue, {"comp": "metadata"})
    return int(answer.headers["x-ms-approximate-messages-count"])


async def test_a_message(connection: str, queue: str, clock: ManualClock) -> None:
    """A message arrives with what the host knows of it, once; it wakes the listener at once."""
    arrived: list[dict[str, Any]] = []

    async def handler(inputs: Mapping[str, TypedData], metadata: Mapping[str, TypedData]) -> None:
        arrived.append({name: data.value for name, data in {**inputs, **metadata}.items()})

    worker = FakeWorker()
    worker.add("work", handler, queue_trigger(queue))
    async with _running(worker, clock) as background:
        await _until(lambda: clock.waiting)
        await _put(background, queue, "héllo")
        await _until(lambda: arrived)
        assert not clock.passed, "no poll was needed"
        background.stop()
        await background.finish(5)
        assert await _count(background, connection, queue) == 0
    assert len(arrived) == 1
    assert (arrived[0]["message"], arrived[0]["QueueTrigger"]) == ("héllo", "héllo")
    assert arrived[0]["DequeueCount"] == "1"
    assert {"Id", "InsertionTime", "ExpirationTime", "NextVisibleTime", "PopReceipt"} <= arrived[
        0
    ].keys()


async def test_poison(
    connection: str, queue: str, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A message that keeps failing is tried five times, then starts again in the poison queue."""
    seen: _Seen = []
    poison: _Seen = []
    worker = FakeWorker()
    worker.add("work", _recorder(seen, lambda _: True), queue_trigger(queue))
    worker.add("dead", _recorder(poison), queue_trigger(f"{queue}-poison"))
    async with _running(worker, clock) as background:
        await _put(background, queue, "bad")
        await _until(lambda: poison, clock)
    assert seen == [("bad", count) for count in (1, 2, 3, 4, 5)], connection
    assert poison == [("bad", 1)]
    assert f"the maxDequeueCount of 5 and is moved to queue {queue}-poison" in caplog.text


@pytest.mark.usefixtures("inside")
async def test_a_later_try_succeeds(clock: ManualClock) -> None:
    """A failed message comes again after visibilityTimeout, not before; success ends it."""
    seen: _Seen = []
    worker = FakeWorker()
    worker.add("work", _recorder(seen, lambda count: count == 1), queue_trigger("work"))
    settings = QueueSettings(max_polling_interval=1, visibility_timeout=30)
    async with _running(worker, clock, settings) as background:
        await _put(background, "work", "x")
        await clock.let_pass(29)
        assert seen == [("x", 1)]
        await clock.let_pass(2)
        assert seen == [("x", 1), ("x", 2)]
        assert await _count(background, "devhost", "work") == 0


@pytest.mark.usefixtures("inside")
async def test_a_poison_queue_has_none(clock: ManualClock) -> None:
    """A message that fails in a poison queue stays there, hidden, and is not tried at once."""
    seen: _Seen = []
    worker = FakeWorker()
    worker.add("dead", _recorder(seen, lambda _: True), queue_trigger("work-poison"))
    async with _running(worker, clock) as background:
        await _put(background, "work-poison", "bad")
        await clock.let_pass(HIDDEN - 1)
        assert seen == [("bad", 1)]
        assert background._accounts.memory.left() == {"work-poison": 1}


async def test_no_base64(
    connection: str, queue: str, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Text that is not Base64 never reaches the function, and ends as poison as it was."""
    seen: _Seen = []
    worker = FakeWorker()
    worker.add("work", _recorder(seen), queue_trigger(queue))
    async with _running(worker, clock) as background:
        service = background._accounts.service(connection)
        await service.put(queue, "plain text!")
        await _until(lambda: "is moved to queue" in caplog.text, clock)
        background.stop()
        await background.finish(5)
        [found] = await service.receive(f"{queue}-poison", 1, 600)
    assert (seen, found.text) == ([], "plain text!")
    assert caplog.text.count("messageEncoding") == 5


@pytest.mark.usefixtures("inside")
async def test_tried_too_often_already() -> None:
    """A message that was received more often than allowed is parked without a call."""
    seen: _Seen = []
    worker = FakeWorker()
    worker.add("work", _recorder(seen), queue_trigger("work"))
    background = Background(worker, QueueSettings(max_dequeue_count=1))
    await _put(background, "work", "x")
    [message] = await background._accounts.memory.receive("work", 1, 600)
    await background._accounts.memory.hide("work", message, 0)
    await background.drain()
    assert (seen, background._accounts.memory.left()) == ([], {"work-poison": 1})


@pytest.mark.usefixtures("inside")
async def test_many(clock: ManualClock) -> None:
    """A thousand messages are run once each, no more than 24 at the same time."""
    running, most, done = 0, 0, 0

    async def handler(inputs: Mapping[str, TypedData], _: Mapping[str, TypedData]) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await clock.is_set_within(asyncio.Event(), int(inputs["message"].value) % 7)
        running -= 1
        done += 1

    worker = FakeWorker()
    worker.add("work", handler, queue_trigger("work"))
    async with _running(worker, clock) as background:
        for number in range(1_000):
            await _put(background, "work", str(number))
        await clock.let_pass(HIDDEN - 1)
        assert done == 1_000
        assert not background._accounts.memory.left()
    assert 16 < most <= 24


async def test_a_long_run(connection: str, queue: str, clock: ManualClock) -> None:
    """While a function runs, its message stays hidden, however long that takes."""
    seen = 0
    enough = asyncio.Event()

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> None:
        nonlocal seen
        seen += 1
        await enough.wait()

    worker = FakeWorker()
    worker.add("work", handler, queue_trigger(queue))
    async with _running(worker, clock) as background:
        await _put(background, queue, "x")
        await _until(lambda: clock.passed.total_seconds() > 3 * HIDDEN, clock)
        background.stop()
        enough.set()
        await background.finish(5)
        assert await _count(background, connection, queue) == 0
    assert seen == 1


@pytest.mark.usefixtures("inside")
async def test_the_end(clock: ManualClock) -> None:
    """What runs when the host stops is finished and settled; nothing new is begun."""
    began: list[str] = []
    ended: list[str] = []
    enough = asyncio.Event()

    async def handler(inputs: Mapping[str, TypedData], _: Mapping[str, TypedData]) -> None:
        began.append(inputs["message"].value)
        await enough.wait()
        ended.append(inputs["message"].value)

    worker = FakeWorker()
    worker.add("work", handler, queue_trigger("work"))
    async with _running(worker, clock) as background:
        await _put(background, "work", "first")
        await _until(lambda: began)
        background.stop()
        await _put(background, "work", "second")
        enough.set()
    assert (began, ended) == (["first"], ["first"])
    assert background._accounts.memory.left() == {"work": 1}


@pytest.mark.usefixtures("inside")
async def test_a_run_without_end(clock: ManualClock) -> None:
    """A call that outlasts the grace is cancelled; its message is not lost."""
    worker = FakeWorker()
    began: list[bool] = []

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> None:
        began.append(True)
        await asyncio.Event().wait()

    worker.add("work", handler, queue_trigger("work"))
    background = Background(worker, clock=clock)
    background.start()
    await _put(background, "work", "x")
    await _until(lambda: began)
    background.stop()
    async with asyncio.timeout(20):
        await background.finish(0)
    assert background._accounts.memory.left() == {"work": 1}


def _app() -> tuple[FakeWorker, _Seen]:
    """Return an app with a queue function, an HTTP function that puts a message, one that does not."""
    seen: _Seen = []
    body = TypedData(http=Message(status_code="200", headers={}, cookies=[], body=None))

    async def puts(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> Outcome:
        return Outcome(body, {"out": TypedData(string="from http")}, None)

    async def plain(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> Outcome:
        return Outcome(body, {}, None)

    worker = FakeWorker()
    worker.add("work", _recorder(seen), queue_trigger("work"))
    worker.add("put", puts, http_trigger("put"), queue_output("work"))
    worker.add("plain", plain, http_trigger("plain"))
    return worker, seen


@pytest.mark.usefixtures("inside")
async def test_http_output() -> None:
    """The message of an HTTP function is in the queue before the answer is there."""
    worker, seen = _app()
    host = Host(worker, background=Background(worker))
    response, _ = await host.handle(Request("POST", "/api/put", [("host", "x")]))
    assert response.status == HTTPStatus.OK
    assert host.background._accounts.memory.left() == {"work": 1}
    await host.background.drain()
    assert seen == [("from http", 1)]


@pytest.mark.azurite
async def test_storage_goes_and_comes_back(
    azurite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While storage is away HTTP answers at once, with two log lines in all; then work goes on."""
    assert azurite, "it is installed"
    clock = ManualClock()
    with running_azurite(tmp_path) as connection_string:
        monkeypatch.setenv(CONNECTION, connection_string)
    port = int(connection_string.rpartition(":")[2].partition("/")[0])
    worker, seen = _app()
    async with _running(worker, clock) as background:
        host = Host(worker, background=background)
        await _until(lambda: clock.passed.total_seconds() > 600, clock)
        async with asyncio.timeout(4):
            answers = [
                (await host.handle(Request("GET", path, [("host", "x")])))[0].status
                for path in ("/api/plain", "/api/put", "/api/plain")
            ]
        assert (answers, seen) == ([200, 500, 200], [])
        assert caplog.text.count("cannot be reached") == 2, "once, and for the message of put"
        with running_azurite(tmp_path, port):
            await _until(lambda: "can be reached again" in caplog.text, clock)
            await host.handle(Request("GET", "/api/put", [("host", "x")]))
            await _until(lambda: seen, clock)
            background.stop()
            await background.finish(5)
    assert caplog.text.count("can be reached again") == 1
