"""How items look where they are kept: JSON objects, the same in every store.

A document may have been written by an older release, by a newer one, or by hand. Members that
this release does not know go with the item, and are written again when the item is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from petstore.events import Event
from petstore.ids import is_id
from petstore.order import Order
from petstore.pet import Pet, search_key
from petstore.repository.members import parser_of
from petstore.repository.port import QUOTA_SECONDS, Claim, Quota

Document = dict[str, Any]

# Members that Cosmos DB adds, and the mark of the last write (``cosmos.writes``).
_OF_THE_STORE = {"_rid", "_self", "_etag", "_attachments", "_ts", "_lsn", "_metadata", "write"}


@dataclass(frozen=True)
class Kind[T]:
    """A kind of item.

    Attributes:
        name: what errors call it.
        write: returns an item as a document.
        parse: returns a document's item; raises ValueError where it does not hold one.
        keys: what queries compare and the document itself does not hold: each name with what
            returns its value.
    """

    name: str
    write: Callable[[T], Document]
    parse: Callable[[Document], T]
    keys: Mapping[str, Callable[[T], object]] = field(default_factory=dict)

    def keys_of(self, item: T) -> Document:
        """Return an item's keys."""
        return {name: key(item) for name, key in self.keys.items()}

    def read(self, document: Mapping[str, Any]) -> T:
        """Return a document's item; ValueError where it does not hold one."""
        unread = self._unread
        return self.parse({name: document[name] for name in document if name not in unread})

    @cached_property
    def _unread(self) -> frozenset[str]:
        return frozenset({*_OF_THE_STORE, *self.keys})


_PET_KEYS: Mapping[str, Callable[[Pet], object]] = {
    "species_key": lambda pet: search_key(pet.species),
    "name_key": lambda pet: search_key(pet.name),
    "tag_keys": lambda pet: [search_key(tag) for tag in pet.tags],
    "buyer_id": lambda pet: None if pet.order is None else pet.order.buyer,
}


_parse_members = parser_of(Pet)
_parse_order = parser_of(Order)


def _parse_pet(document: Document) -> Pet:
    if isinstance(document.get("order"), dict):
        document["order"] = _parse_order(document["order"])
    marks = document.get("writes", [])
    if not (isinstance(marks, list) and all(isinstance(one, str) for one in marks)):
        document["writes"] = []  # no pet is unreadable for the marks of its writes
    pet = _parse_members(document)
    if not is_id(pet.id):
        raise ValueError("the id is not one of ours")
    return pet


def _write(item: Any) -> Document:  # noqa: ANN401 - any of our dataclasses
    members = dict(vars(item))
    return {**members.pop("more"), **members}


def _write_pet(pet: Pet) -> Document:
    return {**_write(pet), "order": None if pet.order is None else _write(pet.order)}


_parse_event_members = parser_of(Event)


# The first release told owners only, so the address is a document's ``owner_email``.
def _parse_event(document: Document) -> Event:
    return _parse_event_members(_renamed(document, "owner_email", "address"))


def _write_event(event: Event) -> Document:
    return _renamed(_write(event), "address", "owner_email")


def _renamed(document: Document, old: str, new: str) -> Document:
    return {new if name == old else name: value for name, value in document.items()}


PET = Kind("pet", _write_pet, _parse_pet, _PET_KEYS)
CLAIM = Kind("claim", _write, parser_of(Claim))
EVENT = Kind("event", _write_event, _parse_event)
QUOTA = Kind("quota", _write, parser_of(Quota), {"ttl": lambda _: QUOTA_SECONDS})
