"""The counts of an import."""

import time
from dataclasses import dataclass, field


@dataclass
class Totals:
    """The counts of one run.

    Attributes:
        created: rows that created a pet now.
        existing: rows whose pet existed; also those whose first answer was lost.
        refused: rows that the API refuses.
        trouble: why requests are waiting now, in one line; empty when they are not.
        started: ``time.monotonic()`` at the start.
    """

    created: int = 0
    existing: int = 0
    refused: int = 0
    trouble: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def rows(self) -> int:
        """Return how many rows were answered."""
        return self.created + self.existing + self.refused

    @property
    def seconds(self) -> float:
        """Return how long the import has been running."""
        return time.monotonic() - self.started

    @property
    def rate(self) -> float:
        """Return the average of rows answered per second."""
        return self.rows / max(self.seconds, 1e-3)
