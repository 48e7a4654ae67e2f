"""Events: what owners are still to be told; written first, so that no crash loses them.

An event is ``new``; the relay puts it into the queue (``relayed``); a consumer claims it
(``sending``) and ends it (``settled``), or gives it up (``failed``). Each step is a write on the
version that was read, so of several processes one takes it. Times are RFC 3339 text in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

from petstore.timestamps import timestamp

State = Literal["new", "relayed", "sending", "settled", "failed"]

KEPT_SECONDS = 7 * 24 * 60 * 60  # how long an event is kept after it last changed
UNDER_WAY = timedelta(seconds=10)  # no create takes longer
UNFINISHED = timedelta(minutes=10)  # whose pet is not there by then never gets it
LATEST = "9999-12-31T23:59:59.999Z"  # later than every other time

_RELAYED_AGAIN = timedelta(minutes=10)
_CLAIMED = timedelta(minutes=5)
_ASIDE = timedelta(minutes=1)
_NAMESPACE = UUID("6f0d2f0e-6d0c-4c1c-9b7a-5f6d1f6e0c5a")  # of this app's event ids


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        id: derived from the pet's id, so that whoever tries again writes the same event.
        type: what happened.
        pet_id: to which pet.
        owner_email: who is to be told.
        occurred_at: when.
        state: how far its mail has come.
        since: when it came into this state.
        due_at: when the relay takes it next; None when it is settled, ``LATEST`` when it failed.
        more: members of a newer release, kept as they are.
    """

    id: str
    type: str
    pet_id: str
    owner_email: str
    occurred_at: str
    state: State
    since: str
    due_at: str | None
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def renewed(self, now: datetime) -> "Event":
        """Return it as if it had occurred now: its create is under way again, or it is retried."""
        moment = timestamp(now)
        return replace(self, state="new", occurred_at=moment, since=moment, due_at=moment)

    def set_aside(self, now: datetime) -> "Event":
        """Return it due a minute later: its pet is not there yet, and others should not wait."""
        return replace(self, due_at=timestamp(now + _ASIDE))

    def relayed(self, now: datetime) -> "Event":
        """Return it as put into the queue, and due again in 10 minutes."""
        due_at = timestamp(now + _RELAYED_AGAIN)
        return replace(self, state="relayed", since=timestamp(now), due_at=due_at)

    def is_claimed(self, now: datetime) -> bool:
        """Return whether somebody is sending its mail; a claim expires after 5 minutes."""
        return self.state == "sending" and self.since > timestamp(now - _CLAIMED)

    def claimed(self, now: datetime) -> "Event":
        """Return it as being sent; the relay leaves it alone for as long as that may take."""
        free_at = timestamp(now + _CLAIMED)
        due_at = free_at if self.due_at in {None, LATEST} else max(self.due_at or "", free_at)
        return replace(self, state="sending", since=timestamp(now), due_at=due_at)

    def settled(self, now: datetime) -> "Event":
        """Return it as done."""
        return replace(self, state="settled", since=timestamp(now), due_at=None)

    def failed(self, now: datetime) -> "Event":
        """Return it as given up, until somebody retries it."""
        return replace(self, state="failed", since=timestamp(now), due_at=LATEST)


def pet_created(pet_id: str, owner_email: str, now: datetime) -> Event:
    """Return the event of a new pet; for one pet always with the same id."""
    moment = timestamp(now)
    event_id = str(uuid5(_NAMESPACE, pet_id))
    return Event(event_id, "pet_created", pet_id, owner_email, moment, "new", moment, moment)
