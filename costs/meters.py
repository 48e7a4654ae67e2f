"""How each kind of capacity is metered: pure sums, without prices."""

import math

from costs.traffic import SECONDS

# Of a core that answers requests, so that waiting lines stay short.
_USED = 0.7


def consumption_gb_seconds(time_ms: float, memory_mb: float) -> float:
    """Return GB-seconds of one execution on Consumption.

    Time counts from 100 ms, in whole ms; memory in steps of 128 MB up to 1,536
    (https://azure.microsoft.com/pricing/details/functions/; the least of 100 ms and 128 MB is
    documented at https://learn.microsoft.com/azure/azure-functions/functions-consumption-costs).
    """
    milliseconds = max(100, math.ceil(time_ms))
    megabytes = min(1536, 128 * max(1, math.ceil(memory_mb / 128)))
    return milliseconds * megabytes / 1_024_000


def busy_seconds(per_second: float, time_ms: float) -> float:
    """Return for how many seconds of a month an instance has something to do.

    Requests come at random, at an even rate, and each occupies the instance for its time, at least
    1,000 ms and in steps of 100; where they overlap they share the time. Flex Consumption bills so
    (https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan). Traffic in bursts
    overlaps more and costs less.
    """
    seconds = max(1000, 100 * math.ceil(time_ms / 100)) / 1000
    return SECONDS * -math.expm1(-per_second * seconds)


def instances(per_second: float, time_ms: float, work_ms: float, at_once: int, cores: float) -> int:
    """Return how many instances a rate needs, at least one.

    Args:
        per_second: requests.
        time_ms: how long one runs.
        work_ms: how long it occupies a core.
        at_once: how many an instance takes at a time.
        cores: how many an instance has; a Python process uses one at most.
    """
    by_slots = at_once / (time_ms / 1e3)
    by_core = _USED * min(1.0, cores) / (work_ms / 1e3)
    return max(1, math.ceil(per_second / min(by_slots, by_core)))


def charged(amount: float, free: float = 0.0) -> float:
    """Return what is charged of an amount after a free grant."""
    return max(0.0, amount - free)
