"""Words and forms that stand apart from ``models``, so that they are had without pydantic."""

from datetime import UTC, datetime
from typing import Literal

Status = Literal["available", "pending", "sold"]

# One line of text: no control characters, and something else than white space.
LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"


def timestamp(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with milliseconds: ``2026-11-25T08:00:00.000Z``.

    The order of such texts is the order of the moments.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
