"""A month's traffic."""

import math
from dataclasses import dataclass

from costs.errors import BadInput

# Azure's calculator counts a month as 730 hours.
HOURS = 730
SECONDS = HOURS * 3600

_MOST_REQUESTS = 100e9  # about 38,000 a second, all month
_MOST_PER_SECOND = 1e6
_MOST_PETS = 1e9


@dataclass(frozen=True)
class Traffic:
    """What is asked of the API in a month of 730 hours.

    Attributes:
        requests: how many.
        reads: which share of them only reads, 0 to 1; the others create pets.
        lists: which share of the reads is a list of 20 pets, 0 to 1; the others get one pet.
        peak: most requests a second; None for three times the mean, at least one.
        pets: how many are kept.

    Raises:
        BadInput: a value is negative, absurd or contradicts another.
    """

    requests: float = 1_000_000
    reads: float = 0.9
    lists: float = 0.2
    peak: float | None = None
    pets: float = 10_000

    def __post_init__(self) -> None:
        _check("requests", self.requests, _MOST_REQUESTS, "requests a month")
        _check("pets", self.pets, _MOST_PETS, "pets")
        for name, share in (("reads", self.reads), ("lists", self.lists)):
            if not 0 <= share <= 1:
                raise BadInput(
                    f"--{name} is a share from 0 to 1, not {share:g}: write 0.9 for 90 %."
                )
        if self.peak is not None:
            _check("peak", self.peak, _MOST_PER_SECOND, "requests a second")
            if self.peak < self.mean:
                raise BadInput(
                    f"--peak {self.peak:g} is less than the mean of {self.mean:.3g} requests a"
                    " second: give a higher peak, or fewer --requests."
                )

    @property
    def mean(self) -> float:
        """Requests a second, on average."""
        return self.requests / SECONDS

    @property
    def highest(self) -> float:
        """Most requests a second."""
        return max(1.0, 3 * self.mean) if self.peak is None else self.peak

    @property
    def operations(self) -> dict[str, float]:
        """How many requests there are of each operation: get, list, create."""
        reads = self.requests * self.reads
        return {
            "get": reads * (1 - self.lists),
            "list": reads * self.lists,
            "create": self.requests - reads,
        }


def _check(name: str, value: float, most: float, unit: str) -> None:
    if not math.isfinite(value) or not 0 <= value <= most:
        raise BadInput(f"--{name} is {value:g}: give a number of {unit} from 0 to {most:,.0f}.")
