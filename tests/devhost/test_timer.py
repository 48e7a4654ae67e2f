"""Timer triggers."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devhost.triggers.background import Background, Fault
from devhost.triggers.timer import Timer
from devhost.worker.functions import Outcome, is_disabled
from devhost.worker.messages import TypedData
from tests.devhost.fakes import FakeWorker, queue_output, timer_trigger
from tests.devhost.manual_clock import ManualClock

_EVERY_SECOND = "* * * * * *"


async def _run(worker: FakeWorker, seconds: float, clock: ManualClock | None = None) -> Background:
    clock = clock or ManualClock()
    background = Background(worker, clock=clock)
    background.start()
    await clock.let_pass(seconds)
    background.stop()
    await background.finish(5)
    await background.close()
    return background


async def test_it_fires() -> None:
    """A timer fires at its times, with the real host's value; an exception changes nothing."""
    calls: list[tuple[datetime, dict[str, Any]]] = []
    clock = ManualClock()

    async def handler(inputs: Mapping[str, TypedData], _: Mapping[str, TypedData]) -> None:
        calls.append((clock.now(), json.loads(inputs["timer"].value)))
        raise RuntimeError("no good")

    worker = FakeWorker()
    worker.add("tick", handler, timer_trigger(_EVERY_SECOND))
    await _run(worker, 2.5, clock)
    assert [moment - clock.start for moment, _ in calls] == [
        timedelta(seconds=1),
        timedelta(seconds=2),
    ]
    for _, value in calls:
        assert value == {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": None,
            "IsPastDue": False,
        }


async def test_no_overlap() -> None:
    """A time that comes while a call runs is passed over; a call by hand waits for its turn."""
    running, most = 0, 0
    began: list[timedelta] = []
    clock = ManualClock()

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> None:
        nonlocal running, most
        running += 1
        began.append(clock.passed)
        most = max(most, running)
        await clock.is_set_within(asyncio.Event(), 1.5)
        running -= 1

    worker = FakeWorker()
    function = worker.add("tick", handler, timer_trigger(_EVERY_SECOND))
    background = Background(worker, clock=clock)
    background.start()
    await clock.let_pass(3.2)
    by_hand = asyncio.ensure_future(background.run(function, ""))
    background.stop()
    await clock.let_pass(10)
    assert await by_hand
    await background.finish(5)
    assert most == 1
    assert [passed.total_seconds() for passed in began] == [1, 3, 4.5]


async def test_run_on_startup() -> None:
    """A timer with runOnStartup fires at once."""
    calls = 0

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> None:
        nonlocal calls
        calls += 1

    worker = FakeWorker()
    worker.add("yearly", handler, timer_trigger("0 0 0 1 1 *", runOnStartup=True))
    await _run(worker, 0.1)
    assert calls == 1


async def test_status() -> None:
    """A timer that fires less than once a minute gets when it fired and when it will."""
    calls: list[Any] = []

    async def handler(inputs: Mapping[str, TypedData], _: Mapping[str, TypedData]) -> None:
        calls.append(json.loads(inputs["timer"].value)["ScheduleStatus"])

    worker = FakeWorker()
    now = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    function = worker.add("hourly", handler, timer_trigger("0 0 * * * *"))
    timer = Timer(function, Background(worker).invoker, ManualClock(now))
    await timer.fire()
    await timer.fire()
    assert calls[0]["Last"] == "0001-01-01T00:00:00+00:00"
    assert calls[0]["Next"] == "2026-11-25T09:00:00+00:00"
    assert calls[1]["Last"] == "2026-11-25T08:30:00+00:00"


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (timer_trigger("%WHEN%"), "the setting WHEN is not set"),
        (timer_trigger("0 0 0 30 2 *"), "never fires"),
        (timer_trigger(""), "six fields"),
    ],
)
async def test_in_error(trigger: dict[str, Any], reason: str) -> None:
    """A timer whose schedule is unusable is in error; the others run."""
    calls = 0

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> None:
        nonlocal calls
        calls += 1

    worker = FakeWorker()
    worker.add("bad", handler, trigger)
    worker.add("good", handler, timer_trigger("0 0 0 1 1 *", runOnStartup=True))
    background = await _run(worker, 0.1)
    assert calls == 1
    assert [(fault.function, reason in fault.reason) for fault in background.faults] == [
        ("bad", True)
    ]
    assert [function.name for function in background.by_hand()] == ["good"]


async def test_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule can stand in a setting."""
    monkeypatch.setenv("WHEN", "0 0 3 * * *")
    worker = FakeWorker()

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> None: ...

    worker.add("nightly", handler, timer_trigger("%WHEN%"))
    assert [timer.text for timer in Background(worker).timers] == ["0 0 3 * * *"]


@pytest.mark.parametrize(
    ("setting", "value", "off"),
    [
        ("AzureWebJobs.tick.Disabled", "1", True),
        ("AzureWebJobs_tick_Disabled", "true", True),
        ("AZUREWEBJOBS_TICK_DISABLED", "True", True),
        ("AzureWebJobs_tick_Disabled", "yes", False),
        ("AzureWebJobs__tick__Disabled", "true", False),
        ("AzureWebJobs_tock_Disabled", "true", False),
    ],
)
def test_which_settings_switch_off(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, *, off: bool
) -> None:
    """The names and values are those that the real host takes (recorded)."""
    monkeypatch.setenv(setting, value)
    assert is_disabled("tick") is off


async def test_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting switches a timer off; it can still be run by hand."""
    monkeypatch.setenv("AzureWebJobs.tick.Disabled", "true")
    calls = 0

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> None:
        nonlocal calls
        calls += 1

    worker = FakeWorker()
    function = worker.add("tick", handler, timer_trigger(_EVERY_SECOND, runOnStartup=True))
    background = await _run(worker, 0.1)
    assert calls == 0
    assert await background.run(function, "")
    assert calls == 1


async def test_an_output_that_cannot_be_sent(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A message that cannot be sent makes the call a failure, and is logged."""

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> Outcome:
        return Outcome(None, {"out": TypedData(string="{no json}")}, None)

    worker = FakeWorker()
    monkeypatch.setenv("AzureWebJobsStorage", "devhost")
    function = worker.add("tick", handler, timer_trigger(_EVERY_SECOND), queue_output("work"))
    assert not await Background(worker).run(function, "")
    assert "tick: its messages cannot be sent" in caplog.text


async def test_an_output_without_storage() -> None:
    """A timer whose output leads nowhere is in error from the start."""

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> None: ...

    worker = FakeWorker()
    worker.add("tick", handler, timer_trigger(_EVERY_SECOND), queue_output("work"))
    expected = Fault("tick", "the setting AzureWebJobsStorage is not set")
    assert Background(worker).faults == [expected]
