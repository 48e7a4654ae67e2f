"""What background functions are called with, in the real host's shape."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from devhost.queues.service import QueueMessage
from devhost.worker.messages import TypedData

_LIFE = timedelta(days=7)
# .NET's default time: there was none yet.
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


def timer_input(
    status: tuple[datetime | None, datetime] | None, *, is_past_due: bool = False
) -> TypedData:
    """Create a timer's value.

    Args:
        status: when it fired last and when it fires next; None where no monitor keeps it.
        is_past_due: whether the time has passed before the host ran.
    """
    last, following = status or (None, None)
    told = None
    if following is not None:
        texts = {"Last": last or _NEVER, "Next": following, "LastUpdated": last or _NEVER}
        told = {name: moment.isoformat() for name, moment in texts.items()}
    value = {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": told,
        "IsPastDue": is_past_due,
    }
    return TypedData(json=json.dumps(value))


def queue_metadata(message: QueueMessage, text: str) -> dict[str, TypedData]:
    """Return what the host tells of a message apart from its text.

    Args:
        message: the message.
        text: its text, decoded.
    """
    return {
        "QueueTrigger": TypedData(string=text),
        "Id": TypedData(string=message.message_id),
        "DequeueCount": TypedData(json=str(message.dequeue_count)),
        "InsertionTime": _time(message.inserted),
        "ExpirationTime": _time(message.expires),
        "NextVisibleTime": _time(message.next_visible),
        "PopReceipt": TypedData(string=message.pop_receipt),
    }


def made_up_message(text: str) -> QueueMessage:
    """Create a message that was in no queue, for a function that is run by hand."""
    now = datetime.now(UTC)
    return QueueMessage(str(uuid4()), text, 1, now, now + _LIFE, now, uuid4().hex)


def _time(moment: datetime) -> TypedData:
    return TypedData(json=json.dumps(moment.isoformat()))
