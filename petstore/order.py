"""An order as it is kept: inside the document of its pet, so that one write sells a pet once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from petstore.limits import ORDER_STATUSES, OrderStatus, Status

_PUBLIC = ("id", "status", "placed_at", "updated_at", "ship_by", "note", "buyer")
_WHOLE = (*_PUBLIC, "contact_email")

# What an order makes of its pet. No order: the status that the pet was given.
PET_STATUS: Mapping[OrderStatus, Status] = {
    "placed": "pending",
    "approved": "pending",
    "delivered": "sold",
}
# The one status that may follow each.
NEXT: Mapping[OrderStatus, OrderStatus] = {"placed": "approved", "approved": "delivered"}


@dataclass(frozen=True)
class Order:
    """The order of a pet.

    Attributes:
        id: UUID version 7, made by the server.
        buyer: the user who placed it; None where it was placed without a token.
        contact_email: where the buyer is told of it; only the buyer and administrators see it.
        more: members of a newer release, kept as they are and never shown.
    """

    id: str
    placed_at: str
    updated_at: str
    status: OrderStatus = "placed"
    ship_by: str | None = None
    note: str | None = None
    buyer: str | None = None
    contact_email: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        """Whether it is still under way: not delivered."""
        return self.status != "delivered"

    def has_come_to(self, status: OrderStatus) -> bool:
        """Return whether it has this status, or a later one."""
        return ORDER_STATUSES.index(self.status) >= ORDER_STATUSES.index(status)

    def view(self, *, whole: bool = False) -> bytes:
        """Return the order as JSON text in UTF-8.

        Args:
            whole: whether the buyer's address is shown, as it is to buyer and administrators.
        """
        members = vars(self)
        shown = {name: members[name] for name in (_WHOLE if whole else _PUBLIC)}
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
