"""Messages of the queue: each names one event."""

import json
from uuid import UUID

from petstore.errors import BadMessage
from petstore.events import Event
from petstore.notices import NOTICES


def build_message(event: Event) -> str:
    """Return the message about an event.

    It holds no address: who reads the queue needs to learn nothing of people.
    """
    return json.dumps({"id": event.id, "type": event.type, "pet_id": event.pet_id})


def read_event_id(message: bytes) -> str:
    """Return the event's id in a message; BadMessage when it is not one of ours."""
    try:
        content = json.loads(message)
    except ValueError as error:
        raise BadMessage(f"the message is not JSON: {error}") from None
    except RecursionError:
        raise BadMessage("the message is nested too deeply") from None
    kind = content.get("type") if isinstance(content, dict) else None
    if not isinstance(kind, str) or kind not in NOTICES:
        raise BadMessage("the message is not an event of this app")
    try:
        return str(UUID(content.get("id")))
    except (ValueError, TypeError, AttributeError):
        raise BadMessage("the message names no event") from None
