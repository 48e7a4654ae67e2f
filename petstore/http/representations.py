"""How a pet is shown, and the tag of what is shown (RFC 9110, 8.8.3).

Owner and administrators see a pet with its owner's address, everybody else without it. These are
two representations at one URL, so each has a strong tag of its own; the store's version is part
of both.
"""

import base64
import hashlib
from typing import TYPE_CHECKING, TypeGuard

from petstore.errors import OrderNotFound
from petstore.identity import Caller

if TYPE_CHECKING:
    from petstore.pet import Pet
    from petstore.repository.port import Stored

_TAG_BYTES = 15
_SUFFIX_BYTES = 6  # the version is in the tag already


def is_known(caller: Caller | None) -> TypeGuard[Caller]:
    """Return whether a token named the caller."""
    return caller is not None and caller.user_id is not None


def view(pet: "Pet", caller: Caller | None) -> bytes:
    """Return the pet as JSON text, as this caller may see it."""
    return pet.view(whole=is_known(caller) and caller.may_change(pet.owner_id))


def pet_tag(stored: "Stored[Pet]", caller: Caller | None) -> str:
    """Return the strong tag of the pet as this caller may see it.

    It changes with the store's version and with every byte that is shown, so that the two
    representations, and those of two releases, never share a tag.
    """
    return version_tag(stored.version, view(stored.value, caller))


def version_tag(version: str, shown: bytes) -> str:
    """Return the strong tag of what is shown of a version of the store."""
    # Cosmos DB's versions have quotes already.
    return f'"{version.strip('"')}.{_digest(shown, _SUFFIX_BYTES)}"'


def order_view(pet: "Pet", caller: Caller | None) -> bytes:
    """Return the pet's order as JSON text, as this caller may see it."""
    order = pet.order
    if order is None:
        raise OrderNotFound(pet.id)
    return order.view(whole=is_known(caller) and caller.may_change(order.buyer))


def ordered_view(pet: "Pet", caller: Caller) -> bytes:
    """Return the pet's order as lists show it: with the pet's id."""
    return b'{"pet_id":"%b",%b' % (pet.id.encode(), order_view(pet, caller)[1:])


def order_tag(stored: "Stored[Pet]", caller: Caller | None) -> str | None:
    """Return the strong tag of the pet's order as this caller may see it; None without one.

    It is made of what is shown: a change of the pet alone leaves it as it is.
    """
    return None if stored.value.order is None else content_tag(order_view(stored.value, caller))


def content_tag(content: bytes) -> str:
    """Return the strong tag of content that has no version of its own."""
    return f'"{_digest(content, _TAG_BYTES)}"'


def _digest(content: bytes, size: int) -> str:
    # Sizes are multiples of three, so that Base64 needs no padding.
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()[:size]).decode()
