"""The month's lines on each plan."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from costs.meters import busy_seconds, charged, consumption_gb_seconds, instances
from costs.operations import PET_KB, Measured
from costs.prices import Prices
from costs.traffic import HOURS, SECONDS, Traffic

# The real host next to the worker, measured on 2 cores: 250 MB (docs/figures.md).
HOST_MB = 250
# The real host's own part of a call, measured with one connection at a time.
HOST_MS = 1.0
_TICK_MS = 200  # an idle tick of the relay, estimated (docs/operations.md)
_CONCURRENCY = 16  # a flex instance, as infra/ sets it
_REQUEST_KB, _TICK_KB = 2.0, 2.2  # telemetry, estimated (docs/operations.md)
_CAP_GB = 0.5 * HOURS / 24  # what infra/ lets in
_POLLS = 2 * 60 * HOURS  # two queues, once a minute
_VM_BASELINE = 0.1  # of a core that a B1s may use all the time
_AT_ONCE = 100  # what a server with an event loop takes at a time


@dataclass(frozen=True)
class Line:
    """One line of a month's bill.

    Attributes:
        what: is billed.
        amount: how much of it, before the grant.
        unit: of the amount.
        cost: in the currency of the prices.
    """

    what: str
    amount: float
    unit: str
    cost: float


@dataclass(frozen=True)
class Plan:
    """A plan's bill.

    Attributes:
        name: of the plan.
        lines: of the bill.
        obstacle: why this plan cannot carry the traffic; empty if it can.
    """

    name: str
    lines: list[Line]
    obstacle: str = ""

    @property
    def total(self) -> float:
        """Sum of the lines."""
        return sum(line.cost for line in self.lines)


@dataclass(frozen=True)
class Month:
    """Everything that the sums need.

    Attributes:
        traffic: of the month.
        measured: what an operation takes.
        prices: of the region.
        memory_mb: of a flex instance: 512, 2048 or 4096.
    """

    traffic: Traffic
    measured: Measured
    prices: Prices
    memory_mb: int = 2048

    def mean_ms(self, which: str) -> float:
        """Return time_ms or work_ms of the mean request, with the host's part."""
        counts = self.traffic.operations
        total = sum(counts.values())
        shares = {name: count / total for name, count in counts.items()} if total else {"get": 1.0}
        found: float = sum(
            share * getattr(self.measured.operations[name], which) for name, share in shares.items()
        )
        return found + HOST_MS

    def instances(self, per_second: float, at_once: int, cores: float) -> int:
        """Return how many instances a rate needs."""
        time_ms, work_ms = self.mean_ms("time_ms"), self.mean_ms("work_ms")
        return instances(per_second, time_ms, work_ms, at_once, cores)

    def line(self, what: str, amount: float, price: str, size: float = 1, free: str = "") -> Line:
        """Return a line: an amount in units of a price that is for ``size`` of them."""
        priced = amount / size
        grant = self.prices[free] if free else 0.0
        unit = next(one.unit for one in self.prices.all() if one.name == price)
        return Line(what, priced, unit, charged(priced, grant) * self.prices[price])


def common_lines(month: Month, ticks: float) -> list[Line]:
    """Return what every plan pays: Cosmos DB, queues, logs."""
    counts, measured = month.traffic.operations, month.measured
    units = sum(count * measured.operations[name].units for name, count in counts.items())
    kept = max(1.0, month.traffic.pets * PET_KB / 1e6) if month.traffic.pets else 0.0
    logs = min(_CAP_GB, (month.traffic.requests * _REQUEST_KB + ticks * _TICK_KB) / 1e6)
    return [
        month.line("Cosmos DB, requests", units + ticks * measured.tick_units, "cosmos RU", 1e6),
        month.line("Cosmos DB, storage", kept, "cosmos storage"),
        month.line("queue operations", _POLLS + ticks, "queue operations", 1e4),
        month.line("logs (capped)", logs, "logs", free="logs, free"),
    ]


def consumption(month: Month) -> Plan:
    """Classic Consumption (Y1): the relay ticks every 30 seconds."""
    ticks = SECONDS / 30
    memory = HOST_MB + month.measured.memory_mb
    time = ticks * consumption_gb_seconds(_TICK_MS, memory) + sum(
        count * consumption_gb_seconds(month.measured.operations[name].time_ms + HOST_MS, memory)
        for name, count in month.traffic.operations.items()
    )
    executions = month.traffic.requests + ticks
    lines = [
        month.line("time", time, "consumption time", free="consumption time, free"),
        month.line(
            "executions", executions, "consumption executions", 1e6, "consumption executions, free"
        ),
        *common_lines(month, ticks),
    ]
    return Plan("Consumption (Y1)", lines)


def _flex_gb_seconds(month: Month) -> tuple[float, float, int]:
    """Return GB-seconds for requests, GB-seconds for ticks, and the instances of the mean rate."""
    size = month.memory_mb / 1024
    count = month.instances(month.traffic.mean, _CONCURRENCY, month.memory_mb / 2048)
    busy = busy_seconds(month.traffic.mean / count, month.mean_ms("time_ms")) * count
    return busy * size, SECONDS / 60 * size, count


def flex(month: Month) -> Plan:
    """Flex Consumption on demand; the relay ticks every minute, on instances of its own."""
    requests, ticks, _ = _flex_gb_seconds(month)
    count = SECONDS / 60
    executions = month.traffic.requests + count
    lines = [
        month.line("time", requests + ticks, "flex time", free="flex time, free"),
        month.line("executions", executions, "flex executions", 1e6, "flex executions, free"),
        *common_lines(month, count),
    ]
    return Plan(f"Flex, {month.memory_mb} MB", lines)


def flex_always_ready(month: Month) -> Plan:
    """Flex Consumption with one HTTP instance always ready; what it cannot carry runs on demand."""
    requests, ticks, count = _flex_gb_seconds(month)
    ready, ready_count = requests / count, month.traffic.requests / count
    on_demand, tick_count = requests - ready, SECONDS / 60
    others = month.traffic.requests - ready_count + tick_count
    lines = [
        month.line(
            "one instance, ready", SECONDS * month.memory_mb / 1024, "always ready, baseline"
        ),
        month.line("its time", ready, "always ready, time"),
        month.line("its executions", ready_count, "always ready, executions", 1e6),
        month.line("time on demand", on_demand + ticks, "flex time", free="flex time, free"),
        month.line("executions", others, "flex executions", 1e6, "flex executions, free"),
        *common_lines(month, tick_count),
    ]
    return Plan(f"Flex, {month.memory_mb} MB, one always ready", lines)


def _app_service(month: Month, size: str, most: int) -> Plan:
    count = month.instances(month.traffic.highest, _AT_ONCE, 1)
    lines = [
        month.line(f"instances: {count}", count * HOURS, f"app service {size}"),
        *common_lines(month, SECONDS / 30),
    ]
    obstacle = (
        f"the peak needs {count} instances, {size} has {most} at most" if count > most else ""
    )
    return Plan(f"App Service {size}", lines, obstacle)


def app_service_b1(month: Month) -> Plan:
    """App Service B1: one core, at most 3 instances, as many as the peak needs, all month."""
    return _app_service(month, "B1", 3)


def app_service_p0v3(month: Month) -> Plan:
    """App Service P0v3: one core, at most 30 instances, as many as the peak needs, all month."""
    return _app_service(month, "P0v3", 30)


def container_apps(month: Month) -> Plan:
    """Container Apps: replicas of half a core and 1 GiB, one of them always there.

    A replica that answers requests is charged as active, else as idle
    (https://learn.microsoft.com/azure/container-apps/billing); the grants count for active time.
    """
    count = month.instances(month.traffic.mean, _AT_ONCE, 0.5)
    active = busy_seconds(month.traffic.mean / count, month.mean_ms("time_ms")) * count
    idle = SECONDS * count - active
    lines = [
        month.line(
            "vCPU, active", active * 0.5, "container vCPU, active", 1, "container vCPU, free"
        ),
        month.line("vCPU, idle", idle * 0.5, "container vCPU, idle"),
        month.line("memory, active", active, "container memory", 1, "container memory, free"),
        month.line("memory, idle", idle, "container memory"),
        month.line(
            "requests",
            month.traffic.requests,
            "container requests",
            1e6,
            "container requests, free",
        ),
        *common_lines(month, SECONDS / 30),
    ]
    return Plan("Container Apps, 0.5 vCPU", lines)


def small_vm(month: Month) -> Plan:
    """Virtual machines of size B1s: as many as the peak needs and as their credits allow."""
    work = month.traffic.mean * month.mean_ms("work_ms") / 1e3
    count = max(month.instances(month.traffic.highest, _AT_ONCE, 1), math.ceil(work / _VM_BASELINE))
    lines = [
        month.line(f"machines: {count}", count * HOURS, "VM B1s"),
        month.line("disks", count, "VM disk S4"),
        month.line("public addresses", count * HOURS, "VM address"),
        *common_lines(month, SECONDS / 30),
    ]
    obstacle = "several machines also need a load balancer, not counted" if count > 1 else ""
    return Plan("VM B1s", lines, obstacle)


PLANS: tuple[Callable[[Month], Plan], ...] = (
    consumption,
    flex,
    flex_always_ready,
    app_service_b1,
    app_service_p0v3,
    container_apps,
    small_vm,
)


def bills(month: Month) -> list[Plan]:
    """Return every plan's bill, in a fixed order."""
    return [plan(month) for plan in PLANS]


def cheapest(plans: list[Plan]) -> Plan:
    """Return the cheapest plan that can carry the traffic; the first of equals."""
    return min(plans, key=lambda plan: (bool(plan.obstacle), plan.total))
