"""How many mails a day may go to one address, and for one caller."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from petstore.errors import AlreadyExists, NotFound, Unreadable, VersionConflict
from petstore.events import Event
from petstore.mail_settings import MailCaps
from petstore.patience import Patience
from petstore.repository.port import Quota, QuotaRepository, Stored

NO_CAPS = MailCaps(per_address=0, per_caller=0)


class Caps:
    """The caps of a day (in UTC).

    Args:
        quotas: where is kept what was used.
        caps: how many mails there may be; 0 for any number.
    """

    def __init__(self, quotas: QuotaRepository, caps: MailCaps) -> None:
        self._quotas = quotas
        self._caps = caps

    async def admit(self, events: Sequence[Event], now: datetime) -> dict[str, str]:
        """Count the mails of some events.

        Returns:
            The ids of those that are over a cap, each with the reason.

        Raises:
            StoreUnavailable: some may be counted all the same.
        """
        day, over = now.date().isoformat(), dict[str, str]()
        # The caller first: mails that are over the address's cap are the caller's to answer for.
        for name, cap, who in (
            ("caller", self._caps.per_caller, _caller),
            ("address", self._caps.per_address, mailbox_of),
        ):
            left = [event for event in events if event.id not in over]
            if cap:
                late = await self._count([day, name], cap, left, who)
                reason = f"more than {cap} mails on one day for this {name}"
                over.update((event.id, reason) for event in late)
        return over

    async def _count(
        self, scope: list[str], cap: int, events: Iterable[Event], who: Callable[[Event], str]
    ) -> list[Event]:
        """Return those events that are over the cap; the others are counted."""
        events = list(events)
        wanted = Counter(map(who, events))
        granted = {one: await self._use(_id([*scope, one]), cap, n) for one, n in wanted.items()}
        late = []
        for event in events:
            granted[who(event)] -= 1
            if granted[who(event)] < 0:
                late.append(event)
        return late

    async def _use(self, quota_id: str, cap: int, wanted: int) -> int:
        """Count up to as many mails as are wanted; return how many there may be."""
        patience = Patience()
        while True:
            try:
                kept = await self._get(quota_id)
                used = kept.value.used if kept else 0
                granted = max(0, min(wanted, cap - used))
                if granted:
                    await self._put(Quota(quota_id, used + granted), kept)
            except (AlreadyExists, NotFound, VersionConflict):
                await patience.wait(quota_id)
            else:
                return granted

    async def _get(self, quota_id: str) -> Stored[Quota] | None:
        try:
            return await self._quotas.get(quota_id)
        except Unreadable as broken:  # it counts as not used, or it would hold up mails for a day
            return Stored(Quota(quota_id, 0), broken.version)
        except NotFound:
            return None

    async def _put(self, quota: Quota, kept: Stored[Quota] | None) -> None:
        if kept is None:
            await self._quotas.add(quota)
        else:
            await self._quotas.replace(quota, kept.version)


def mailbox_of(event: Event) -> str:
    """Return what all spellings of an event's address share.

    Case does not count, nor what follows a plus sign before the @ (RFC 5233): it reaches the same
    person.
    """
    local, _, domain = event.address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _caller(event: Event) -> str:
    return json.dumps(event.caller)


def _id(parts: list[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
