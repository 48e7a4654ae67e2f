"""A pet as it is kept: a plain value, so that reading one needs no pydantic."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from petstore.limits import Status
from petstore.order import PET_STATUS, Order

# What everybody sees, in this order.
PUBLIC = (
    *("id", "name", "species", "breed", "description", "birth_date", "tags", "photo_urls"),
    *("status", "created_at", "updated_at"),
)
_WHOLE = (*PUBLIC, "owner_email")
# What a caller may set.
SETTABLE = tuple(name for name in _WHOLE if name not in {"id", "created_at", "updated_at"})


@dataclass(frozen=True)
class Pet:
    """A pet.

    What callers send is checked by ``models``, and not again when it is read: what was valid when
    it was written stays readable when a rule becomes stricter.

    Attributes:
        owner_id: the user who created it; None where it was created without a token.
        order: its order, which decides its status; None where nobody ordered it.
        writes: marks of its last writes, for the store alone (``repository.cosmos.writes``).
        more: members of a newer release, kept as they are and never shown.
    """

    id: str
    name: str
    species: str
    created_at: str
    updated_at: str
    breed: str | None = None
    description: str | None = None
    birth_date: str | None = None
    tags: list[str] = field(default_factory=list)
    photo_urls: list[str] = field(default_factory=list)
    status: Status = "available"
    owner_email: str | None = None
    owner_id: str | None = None
    order: Order | None = None
    writes: list[str] = field(default_factory=list, compare=False, repr=False)
    more: Mapping[str, Any] = field(default_factory=dict)

    def view(self, *, whole: bool = False) -> bytes:
        """Return the pet as JSON text in UTF-8.

        Args:
            whole: whether the owner's address is shown, as it is to owner and administrators.
        """
        members = vars(self)
        shown = {name: members[name] for name in (_WHOLE if whole else PUBLIC)}
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()

    def with_order(self, order: Order | None, now: str) -> "Pet":
        """Return it with this order and the status that follows; available without one."""
        status = "available" if order is None else PET_STATUS[order.status]
        return replace(self, order=order, status=status, updated_at=now)


def search_key(text: str) -> str:
    """Fold a text so that texts which differ only in case or in Unicode form become equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
