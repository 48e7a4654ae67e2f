"""Words and patterns that stand apart from ``models``, so that a query is read without pydantic."""

from typing import Literal

Status = Literal["available", "pending", "sold"]

# One line of text: no control characters, and something else than white space.
LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
