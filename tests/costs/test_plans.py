"""Each plan's bill for round numbers, worked out by hand."""

import datetime as dt

import pytest

from costs import plans
from costs.operations import Measured, Operation, request_units
from costs.prices import Price, Prices
from costs.traffic import Traffic

# One request a second: 2,628,000 in a month of 730 hours.
_TRAFFIC = Traffic(requests=2_628_000, reads=1, lists=0, peak=10, pets=1000)
_MEASURED = Measured({"get": Operation(1.0, 1.0)}, 100, 2.5, "2026-01-01", "a machine")
_AMOUNTS = {
    "consumption time": 0.00002,
    "consumption executions": 0.20,
    "consumption time, free": 100_000,
    "consumption executions, free": 1,
    "flex time": 0.00003,
    "flex executions": 0.40,
    "flex time, free": 100_000,
    "flex executions, free": 0.25,
    "always ready, baseline": 0.000004,
    "always ready, time": 0.000016,
    "always ready, executions": 0.40,
    "app service B1": 0.02,
    "app service P0v3": 0.08,
    "container vCPU, active": 0.00002,
    "container vCPU, idle": 0.000002,
    "container memory": 0.000003,
    "container requests": 0.40,
    "container vCPU, free": 180_000,
    "container memory, free": 360_000,
    "container requests, free": 2,
    "VM B1s": 0.01,
    "VM disk S4": 1.5,
    "VM address": 0.005,
    "cosmos RU": 0.25,
    "cosmos storage": 0.25,
    "queue operations": 0.004,
    "logs": 2.0,
    "logs, free": 5,
}
_BUSY = 2_628_000 * 0.6321205588  # 1 - 1/e


def _month(traffic: Traffic = _TRAFFIC, memory_mb: int = 2048) -> plans.Month:
    today = dt.date(2026, 1, 1)
    found = {
        name: Price(name, amount, "unit", "all", today, is_verified=True, source="s", link="l")
        for name, amount in _AMOUNTS.items()
    }
    measured = _MEASURED
    if traffic.operations.keys() != {"get"}:
        one = measured.operations["get"]
        operations = dict.fromkeys(traffic.operations, one)
        measured = Measured(operations, 100, 2.5, "2026-01-01", "a machine")
    return plans.Month(traffic, measured, Prices(found, "USD", "here"), memory_mb)


def _costs(plan: plans.Plan) -> dict[str, float]:
    return {line.what: line.cost for line in plan.lines}


def test_what_every_plan_pays() -> None:
    """Cosmos DB, queues and logs: requests and ticks, at least 1 GB, 5 GB of logs free."""
    costs = _costs(plans.consumption(_month()))
    assert costs["Cosmos DB, requests"] == pytest.approx((2.628 + 0.0876 * 2.5) * 0.25)
    assert costs["Cosmos DB, storage"] == 0.25
    # Two queues, 60 times an hour, and one message operation a tick.
    assert costs["queue operations"] == pytest.approx((87_600 + 87_600) / 1e4 * 0.004)
    # 2 kB a request and 2.2 a tick: 5.256 + 0.19272 GB.
    assert costs["logs (capped)"] == pytest.approx(0.44872 * 2.0)


def test_logs_are_capped() -> None:
    """More than half a gigabyte a day does not come in: 15.2 GB in a month of 730 hours."""
    many = Traffic(requests=1e9, reads=1, lists=0, pets=1)
    line = next(one for one in plans.consumption(_month(many)).lines if "logs" in one.what)
    assert line.amount == pytest.approx(15.2083, rel=1e-4)
    assert line.cost == pytest.approx((15.2083 - 5) * 2.0, rel=1e-4)


def test_consumption() -> None:
    """350 MB are 384, 12 ms are 100: 0.0375 GB-s a request, 0.075 a tick of 200 ms."""
    costs = _costs(plans.consumption(_month()))
    seconds = 2_628_000 * 0.0375 + 87_600 * 0.075  # 105,120
    assert costs["time"] == pytest.approx((seconds - 100_000) * 0.00002)
    assert costs["executions"] == pytest.approx((2.628 + 0.0876 - 1) * 0.20)


def test_flex() -> None:
    """Requests share an instance of 2 GB; each tick has a second of one for itself."""
    costs = _costs(plans.flex(_month()))
    seconds = _BUSY * 2 + 43_800 * 2
    assert costs["time"] == pytest.approx((seconds - 100_000) * 0.00003)
    assert costs["executions"] == pytest.approx((2.628 + 0.0438 - 0.25) * 0.40)


def test_flex_with_512_mb() -> None:
    """A quarter of the memory is a quarter of the GB-seconds while one instance carries it."""
    line = plans.flex(_month(memory_mb=512)).lines[0]
    assert line.amount == pytest.approx((_BUSY + 43_800) / 2)


def test_flex_always_ready() -> None:
    """The instance is paid all month, its executions without a grant; ticks stay on demand."""
    costs = _costs(plans.flex_always_ready(_month()))
    assert costs["one instance, ready"] == pytest.approx(2_628_000 * 2 * 0.000004)
    assert costs["its time"] == pytest.approx(_BUSY * 2 * 0.000016)
    assert costs["its executions"] == pytest.approx(2.628 * 0.40)
    assert costs["time on demand"] == 0  # 87,600 GB-s of ticks are within the grant
    assert costs["executions"] == 0


def test_app_service() -> None:
    """One instance all month; what needs more than a plan has is said."""
    assert _costs(plans.app_service_b1(_month()))["instances: 1"] == pytest.approx(14.60)
    assert _costs(plans.app_service_p0v3(_month()))["instances: 1"] == pytest.approx(58.40)
    # 2 ms of work a request, with the host's: 350 a second for 70 % of a core.
    busy = _month(Traffic(requests=1e6, reads=1, lists=0, peak=1300, pets=1))
    assert "needs 4 instances, B1 has 3" in plans.app_service_b1(busy).obstacle
    assert not plans.app_service_p0v3(busy).obstacle


def test_container_apps() -> None:
    """Half a core and 1 GiB: active 63 % of the month, idle else; grants are for active time."""
    costs = _costs(plans.container_apps(_month()))
    idle = 2_628_000 - _BUSY
    assert costs["vCPU, active"] == pytest.approx((_BUSY / 2 - 180_000) * 0.00002)
    assert costs["vCPU, idle"] == pytest.approx(idle / 2 * 0.000002)
    assert costs["memory, active"] == pytest.approx((_BUSY - 360_000) * 0.000003)
    assert costs["memory, idle"] == pytest.approx(idle * 0.000003)
    assert costs["requests"] == pytest.approx(0.628 * 0.40)


def test_small_vm() -> None:
    """One machine, its disk and address; its credits allow a tenth of a core all the time."""
    costs = _costs(plans.small_vm(_month()))
    rented = [costs["machines: 1"], costs["disks"], costs["public addresses"]]
    assert rented == pytest.approx([7.30, 1.5, 3.65])
    # 131,400,000 requests are 50 a second, 2 ms each: 0.1 of a core; a little more needs two.
    more = Traffic(requests=132e6, reads=1, lists=0, peak=60, pets=1)
    assert plans.small_vm(_month(more)).lines[0].what == "machines: 2"


def test_no_traffic() -> None:
    """Nobody calls: what is left are ticks, polls and what is rented."""
    empty = _month(Traffic(requests=0, pets=0))
    assert plans.consumption(empty).total == pytest.approx(0.0876 * 2.5 * 0.25 + 0.07008)
    # Half as many ticks, all within the grants.
    assert plans.flex(empty).total == pytest.approx(0.0438 * 2.5 * 0.25 + 0.05256)
    assert plans.cheapest(plans.bills(empty)).name == "Flex, 2048 MB"


def test_the_cheapest_can_carry_the_traffic() -> None:
    """A plan that cannot carry the traffic is not the cheapest, whatever it costs."""
    weak = plans.Plan("weak", [], obstacle="too small")
    strong = plans.Plan("strong", [plans.Line("all", 1, "month", 9.0)])
    assert plans.cheapest([weak, strong]) is strong


def test_request_units() -> None:
    """1 RU for a get, 5 and 7 terms for a create, 2.5 a partition and 0.69 a pet for a list."""
    assert request_units(10_000) == pytest.approx({"get": 1.0, "create": 6.4, "list": 16.3})
    # 60 GB need two physical partitions.
    assert request_units(60e6)["list"] == pytest.approx(18.8)
