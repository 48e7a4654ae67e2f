"""How items look where they are kept: JSON objects, the same in every store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from petstore.events import Event
from petstore.models import Pet, search_key
from petstore.repository.port import Claim

Document = dict[str, Any]


@dataclass(frozen=True)
class Kind[T]:
    """A kind of item.

    Attributes:
        name: what errors call it.
        write: returns an item as a document.
        read: returns a document's item; members of the store's own do not matter.
        keys: returns what queries compare and the document itself does not hold.
    """

    name: str
    write: Callable[[T], Document]
    read: Callable[[Mapping[str, Any]], T]
    keys: Callable[[T], Document]


def _pet_keys(pet: Pet) -> Document:
    return {
        "species_key": search_key(pet.species),
        "name_key": search_key(pet.name),
        "tag_keys": [search_key(tag) for tag in pet.tags],
    }


def _no_keys(_: object) -> Document:
    return {}


def _read_claim(document: Mapping[str, Any]) -> Claim:
    return Claim(**{field.name: document[field.name] for field in fields(Claim)})


def _read_event(document: Mapping[str, Any]) -> Event:
    return Event(**{field.name: document[field.name] for field in fields(Event)})


PET = Kind("pet", Pet.model_dump, Pet.model_validate, _pet_keys)
CLAIM = Kind[Claim]("claim", lambda claim: dict(vars(claim)), _read_claim, _no_keys)
EVENT = Kind[Event]("event", lambda event: dict(vars(event)), _read_event, _no_keys)
