"""Which events go next: callers take turns, so that the many of one hold up nobody's few."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

from petstore.events import Event
from petstore.repository.port import EventRepository, Stored

_QUESTIONS = 8  # to the store for one batch


async def find_due(events: EventRepository, until: str, limit: int) -> list[Stored[Event]]:
    """Return events that are due, as they should go: each caller's in turn, oldest first.

    Where more are due than were asked for, those of further callers are looked for behind the many
    of the first ones. Callers without a token count as one.

    Args:
        events: where they are kept.
        until: the moment at which they are due.
        limit: how many at most.
    """
    found: dict[str | None, list[Stored[Event]]] = defaultdict(list)
    for _ in range(_QUESTIONS):
        due = await events.due(until, limit, besides=list(found))
        for kept in due:
            found[kept.value.caller].append(kept)
        if len(due) < limit or len(found) >= limit:
            break
    return _in_turn(found.values(), limit)


def _in_turn(queues: Iterable[list[Stored[Event]]], limit: int) -> list[Stored[Event]]:
    rounds = zip_longest(*queues)
    return [kept for turn in rounds for kept in turn if kept is not None][:limit]
