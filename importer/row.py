"""What is read from the file, a row at a time."""

from typing import NamedTuple


class Row(NamedTuple):
    """One row.

    Attributes:
        line: the physical line of the file where it begins; 1 for the first.
        content: the pet as it is sent; where there is a problem, what can be told of the row.
        problem: why it cannot be sent at all; empty when it can.
    """

    line: int
    content: object
    problem: str = ""
