"""Moments as text."""

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC with milliseconds: ``2026-11-25T08:00:00.000Z``.

    The order of such texts is the order of the moments.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
