"""What is metered, held by examples that were worked out by hand."""

import math

import pytest

from costs import meters


@pytest.mark.parametrize(
    ("time_ms", "memory_mb", "expected"),
    [
        (100, 128, 0.0125),  # 100 * 128 / 1,024,000
        (12, 54, 0.0125),  # at least 100 ms and 128 MB
        (500, 128, 0.0625),
        (100, 512, 0.05),  # not the same as 500 ms at 128 MB
        (100.2, 129, 0.02525),  # 101 ms, 256 MB
        (1000, 4096, 1.5),  # 1,536 MB at most
    ],
)
def test_consumption(time_ms: float, memory_mb: float, expected: float) -> None:
    """Consumption counts at least 100 ms and 128 MB, whole ms, and steps of 128 MB."""
    assert meters.consumption_gb_seconds(time_ms, memory_mb) == pytest.approx(expected)


def test_flex_alone() -> None:
    """Requests far apart cost a second each: 2,628 of them in a month make 2,627 seconds."""
    assert meters.busy_seconds(0.001, 12) == pytest.approx(2628 * (1 - 0.0005), rel=1e-6)


def test_flex_overlap() -> None:
    """One request a second keeps an instance busy for 1 - 1/e of the month."""
    assert meters.busy_seconds(1, 12) == pytest.approx(2_628_000 * (1 - 1 / math.e))
    assert meters.busy_seconds(100, 12) == pytest.approx(2_628_000)


def test_flex_steps() -> None:
    """From a second on, time counts in steps of 100 ms: 1,001 ms are 1.1 s."""
    assert meters.busy_seconds(0.001, 1001) == pytest.approx(2_628_000 * (1 - math.exp(-0.0011)))


@pytest.mark.parametrize(
    ("per_second", "time_ms", "work_ms", "at_once", "cores", "expected"),
    [
        (0, 10, 1, 16, 1, 1),
        (699, 10, 1, 100, 1, 1),  # a core of which 70 % is used answers 700 of 1 ms
        (701, 10, 1, 100, 1, 2),
        (701, 10, 1, 100, 4, 2),  # Python uses one core
        (351, 10, 1, 100, 0.5, 2),
        (101, 100, 1, 10, 1, 2),  # ten at a time, each 100 ms: 100 a second
    ],
)
def test_instances(
    per_second: float, time_ms: float, work_ms: float, at_once: int, cores: float, *, expected: int
) -> None:
    """Slots and the work of a core both limit an instance; there is at least one."""
    assert meters.instances(per_second, time_ms, work_ms, at_once, cores) == expected


def test_grants() -> None:
    """What is free is not charged, and never paid back."""
    assert meters.charged(100, 40) == 60
    assert meters.charged(30, 40) == 0
