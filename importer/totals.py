"""How far the import has come."""

import time
from dataclasses import dataclass, field


@dataclass
class Totals:
    """The counts of one run.

    Attributes:
        made: rows that made a pet now.
        there: rows whose pet was made before. A row whose first answer was lost counts here too.
        refused: rows that the API does not take.
        trouble: why requests are waiting now, one line; empty while all is well.
        begun: ``time.monotonic()`` of the beginning.
    """

    made: int = 0
    there: int = 0
    refused: int = 0
    trouble: str = ""
    begun: float = field(default_factory=time.monotonic)

    @property
    def rows(self) -> int:
        """How many rows have their answer."""
        return self.made + self.there + self.refused

    @property
    def seconds(self) -> float:
        """How long the import has been going on."""
        return time.monotonic() - self.begun

    @property
    def rate(self) -> float:
        """How many rows a second had their answer, on average."""
        return self.rows / max(self.seconds, 1e-3)
