"""What is told of each kind of event, and to whom: one row for each kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from petstore.events import Event
from petstore.pet import Pet


@dataclass(frozen=True)
class Fact:
    """One line of a mail.

    Attributes:
        label: what it is about.
        text: returns what is told of a pet.
        is_ours: whether no caller can have written it; else it is shown so that it makes no link.
    """

    label: str
    text: Callable[[Pet], str]
    is_ours: bool = False


@dataclass(frozen=True)
class Notice:
    """What is told of one kind of event.

    Attributes:
        address: returns who is told; None for nobody.
        key: returns what only one event of this kind is about; its id is derived from it, so it
            differs between kinds too.
        has_happened: returns whether the pet shows that what the event tells of was written. The
            relay releases an event only then.
        subject: of the mail; no text of a caller stands in it.
        opening: the first sentence of the mail, in lower case.
        facts: what is told of the pet.
    """

    address: Callable[[Pet], str | None]
    key: Callable[[Pet], str]
    has_happened: Callable[[Pet, Event], bool]
    subject: str
    opening: str
    facts: Sequence[Fact]


NOTICES: Mapping[str, Notice] = {
    "pet_created": Notice(
        address=lambda pet: pet.owner_email,
        key=lambda pet: pet.id,
        has_happened=lambda _pet, _event: True,  # the pet is there
        subject="Your pet has been added to PetStore",
        opening="a pet has been added to PetStore, with this address as its owner's.",
        facts=(
            Fact("Name", lambda pet: pet.name),
            Fact("Species", lambda pet: pet.species),
            Fact("Id", lambda pet: pet.id, is_ours=True),
            Fact("Added", lambda pet: pet.created_at, is_ours=True),
        ),
    ),
}
