"""Pet ids: UUID version 7 (RFC 9562, 5.7), so that the order of ids is the order of creation."""

import re
import secrets
import time
from datetime import UTC, datetime

_PET_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_COUNTER_BITS = 12

_last = 0  # the time in ms and the counter of this process's last id, as one number


def new_id() -> str:
    """Return a new id, greater than all earlier ones of this process, whatever its clock does.

    Ids of one millisecond are told apart by a counter (RFC 9562, 6.2, method 1).
    """
    global _last  # noqa: PLW0603 - one clock per process
    _last = max(_last + 1, time.time_ns() // 1_000_000 << _COUNTER_BITS)
    moment, counter = divmod(_last, 1 << _COUNTER_BITS)
    number = moment << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | secrets.randbits(62)
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def is_id(text: str) -> bool:
    """Return whether a text can be one of our ids."""
    return _PET_ID.fullmatch(text) is not None


def moment_of(pet_id: str) -> datetime:
    """Return the moment at which an id was created, to the millisecond."""
    return datetime.fromtimestamp(int(pet_id[:8] + pet_id[9:13], 16) / 1000, UTC)
