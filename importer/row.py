"""One row of the file."""

from typing import NamedTuple


class Row(NamedTuple):
    """One row.

    Attributes:
        line: the physical line where it begins; 1 for the first.
        content: the pet as it is sent; with a problem, as much of the row as was understood.
        problem: why it cannot be sent; empty when it can.
    """

    line: int
    content: object
    problem: str = ""
