"""Events: what people are still to be told; written first, so that no crash loses them.

An event is ``new``; the relay puts it into the queue (``relayed``); a consumer claims it
(``sending``) and ends it: ``settled`` when the mail is out, ``failed`` when it never will be, and
``new`` again, due after a pause, when it may go later. Each step is a write on the version that
was read, so of several processes one takes it. Times are RFC 3339 text in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

from petstore.timestamps import timestamp

State = Literal["new", "relayed", "sending", "settled", "failed"]

# How long an event is kept after it last changed: longer than it is tried, so that a failed one
# can be retried, and one that nobody could try is still there.
KEPT_SECONDS = 14 * 24 * 60 * 60
TRIED = timedelta(days=5)  # RFC 5321, 4.5.4.1: at least four to five days
UNDER_WAY = timedelta(seconds=10)  # no request takes longer
UNFINISHED = timedelta(minutes=10)  # what is not written by then never is
LATEST = "9999-12-31T23:59:59.999Z"  # later than every other time

_RELAYED_AGAIN = timedelta(minutes=10)
_CLAIMED = timedelta(minutes=5)
_ASIDE = timedelta(minutes=1)
# Before each further try; the last one is repeated (RFC 5321, 4.5.4.1: two tries in the first
# hour, then one every two or three hours).
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 180))
_NAMESPACE = UUID("6f0d2f0e-6d0c-4c1c-9b7a-5f6d1f6e0c5a")  # of this app's event ids


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        id: derived from what it tells, so that whoever tries again writes the same event.
        type: what happened: a row of ``notices.NOTICES``.
        pet_id: to which pet.
        address: who is to be told; empty once it is settled.
        occurred_at: when.
        state: how far its mail has come.
        since: when it came into this state.
        due_at: when the relay takes it next; None when it is settled, ``LATEST`` when it failed.
        caller: who made it happen; None without a token.
        order_id: to which order; None where it is about the pet.
        is_counted: whether its mail counts in the caps of a day.
        tries: how often its mail could not be sent for now.
        reason: why it could not; never holds the address.
        more: members of a newer release, kept as they are.
    """

    id: str
    type: str
    pet_id: str
    address: str
    occurred_at: str
    state: State
    since: str
    due_at: str | None
    caller: str | None = None
    order_id: str | None = None
    is_counted: bool = False
    tries: int = 0
    reason: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def renewed(self, now: datetime) -> "Event":
        """Return it as if it had occurred now: its request is under way again, or it is retried."""
        moment = timestamp(now)
        return replace(
            self,
            state="new",
            occurred_at=moment,
            since=moment,
            due_at=moment,
            tries=0,
            reason=None,
        )

    def set_aside(self, now: datetime, pause: timedelta = _ASIDE) -> "Event":
        """Return it due a minute later: it has not happened yet, and others should not wait."""
        return replace(self, due_at=timestamp(now + pause))

    def relayed(self, now: datetime) -> "Event":
        """Return it as put into the queue, and due again in 10 minutes."""
        due_at = timestamp(now + _RELAYED_AGAIN)
        return replace(self, state="relayed", since=timestamp(now), due_at=due_at, is_counted=True)

    def is_deliverable(self, now: datetime) -> bool:
        """Return whether its mail may be sent: it is in the queue, and nobody is sending it.

        A claim expires after 5 minutes.
        """
        expired = self.state == "sending" and self.since <= timestamp(now - _CLAIMED)
        return self.state == "relayed" or expired

    def claimed(self, now: datetime) -> "Event":
        """Return it as being sent; the relay leaves it alone for as long as that may take."""
        free_at = timestamp(now + _CLAIMED)
        return replace(
            self, state="sending", since=timestamp(now), due_at=max(self.due_at or "", free_at)
        )

    def settled(self, now: datetime) -> "Event":
        """Return it as done; nobody needs the address any more."""
        return replace(
            self, state="settled", since=timestamp(now), due_at=None, address="", reason=None
        )

    def postponed(self, now: datetime, reason: str) -> "Event":
        """Return it due after a pause that grows with each try; failed after five days."""
        pause = PAUSES[min(self.tries, len(PAUSES) - 1)]
        return self._waiting(now, now + pause, reason, self.tries + 1)

    def held_back(self, now: datetime, reason: str) -> "Event":
        """Return it due on the next day (in UTC) and not counted; failed after five days."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        held = self._waiting(now, midnight + timedelta(days=1), reason, self.tries)
        return replace(held, is_counted=False)

    def failed(self, now: datetime, reason: str) -> "Event":
        """Return it as given up, until somebody retries it."""
        return replace(self, state="failed", since=timestamp(now), due_at=LATEST, reason=reason)

    def _waiting(self, now: datetime, until: datetime, reason: str, tries: int) -> "Event":
        if self.occurred_at <= timestamp(now - TRIED):
            return self.failed(now, reason)
        return replace(
            self,
            state="new",
            since=timestamp(now),
            due_at=timestamp(until),
            tries=tries,
            reason=reason,
        )


def order_event_id(kind: str, order_id: str) -> str:
    """Return the id of the event of a kind about an order."""
    return str(uuid5(_NAMESPACE, f"{kind} {order_id}"))


def new_event(  # noqa: PLR0913 - an event's members
    kind: str,
    now: datetime,
    *,
    pet_id: str,
    address: str,
    caller: str | None,
    order_id: str | None = None,
) -> Event:
    """Return an event of a kind; for one pet, or one order, always with the same id.

    Args:
        kind: what happened.
        now: when it happened.
        pet_id: to which pet.
        address: who is to be told.
        caller: who made it happen; None without a token.
        order_id: to which order; None where it is about the pet.
    """
    moment = timestamp(now)
    event_id = order_event_id(kind, order_id) if order_id else str(uuid5(_NAMESPACE, pet_id))
    return Event(event_id, kind, pet_id, address, moment, "new", moment, moment, caller, order_id)
