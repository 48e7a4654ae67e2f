"""What can go wrong in the domain, as facts. What only HTTP can get wrong is in ``http.errors``.

PetStoreError
 +-- NotFound             nothing has this id
 |    +-- Unreadable      something has it, and this release cannot read it
 |    +-- OrderNotFound   the pet has no order
 +-- AlreadyExists        the id is taken
 +-- VersionConflict      what is stored is not at the version that the writer named
 +-- Contended            others changed the pet at each attempt to change it
 +-- NotAvailable         the pet is ordered or sold already
 +-- Ordered              the pet has an order, which the change contradicts
 +-- WrongStep            the order cannot become that from what it is
 +-- Unauthorized         no token, or an invalid one
 +-- Forbidden            the pet or order belongs to somebody else
 +-- KeyInFlight          an equal request with this idempotency key has not ended yet
 +-- KeyReused            the idempotency key came before with another body
 +-- StoreUnavailable     the store cannot answer now; trying again later makes sense
 +-- KeysUnavailable      the keys that tokens are checked with could not be fetched
 +-- BadMessage           a queue message is foreign, damaged, or about nothing
 +-- ConfigurationError   settings are missing or wrong; trying again does not help
 +-- InvalidBody          well-formed, but rules for its members are broken
      +-- InvalidPet      as a pet
      +-- InvalidOrder    as an order, or a patch of one
"""

from dataclasses import dataclass


class PetStoreError(Exception):
    """Base of every failure that the app expects."""


@dataclass(frozen=True)
class Violation:
    """One broken rule: where (a JSON Pointer, RFC 6901, into the body) and what."""

    pointer: str
    detail: str


class NotFound(PetStoreError):
    """Nothing has this id.

    Args:
        item_id: the id.
        kind: what was looked for: ``pet``, ``claim``, ``event``.
    """

    def __init__(self, item_id: str, kind: str = "pet") -> None:
        super().__init__(f"there is no {kind} {item_id!r}")
        self.item_id = item_id
        self.kind = kind


class Unreadable(NotFound):
    """Something has this id, and this release cannot read it.

    Args:
        item_id: the id.
        kind: what was looked for.
        version: the store's version of what is there.
    """

    def __init__(self, item_id: str, kind: str, version: str) -> None:
        super().__init__(item_id, kind)
        self.version = version


class OrderNotFound(NotFound):
    """The pet has no order.

    Args:
        pet_id: which pet.
    """

    def __init__(self, pet_id: str) -> None:
        super().__init__(pet_id, "order of pet")


class AlreadyExists(PetStoreError):
    """The id is taken. The arguments are those of ``NotFound``."""

    def __init__(self, item_id: str, kind: str = "pet") -> None:
        super().__init__(f"{kind} {item_id!r} exists already")
        self.item_id = item_id
        self.kind = kind


class VersionConflict(PetStoreError):
    """What is stored is not at the version that the writer named.

    The arguments are those of ``NotFound``.
    """

    def __init__(self, item_id: str, kind: str = "pet") -> None:
        super().__init__(f"{kind} {item_id!r} was changed meanwhile")
        self.item_id = item_id
        self.kind = kind


class Contended(PetStoreError):
    """Others changed the pet at each attempt to change it; nothing is lost, and nothing is done."""

    retry_after = 1  # second

    def __init__(self, pet_id: str) -> None:
        super().__init__(f"others keep changing pet {pet_id!r}")


class NotAvailable(PetStoreError):
    """The pet is ordered or sold already, or was never for sale."""

    def __init__(self, pet_id: str) -> None:
        super().__init__(f"pet {pet_id!r} is not available")


class Ordered(PetStoreError):
    """The pet has an order, which the change contradicts; the message says how."""


class WrongStep(PetStoreError):
    """The order cannot become that from what it is; the message says what it is."""


class Unauthorized(PetStoreError):
    """The caller is not known; the message tells the caller why.

    Args:
        reason: ASCII, without quotes.
        code: the error code of RFC 6750, 3.1; None when no token came at all.
    """

    def __init__(self, reason: str, code: str | None = "invalid_token") -> None:
        super().__init__(reason)
        self.code = code


class Forbidden(PetStoreError):
    """The caller is known and may not do this."""


class KeyInFlight(PetStoreError):
    """An equal request with this idempotency key has not ended yet, or broke off just now.

    Args:
        retry_after: seconds after which trying again makes sense.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__("the first request with this key has not ended")
        self.retry_after = retry_after


class KeyReused(PetStoreError):
    """The idempotency key came before, with another body."""


class StoreUnavailable(PetStoreError):
    """The store did not answer, or told us to wait.

    Args:
        reason: for the log; may name the store's own error.
        retry_after: seconds after which trying again makes sense.
    """

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class KeysUnavailable(PetStoreError):
    """The keys that tokens are checked with could not be fetched from the issuer.

    Args:
        reason: for the log.
        retry_after: seconds after which trying again makes sense.
    """

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class BadMessage(PetStoreError):
    """A queue message is foreign or damaged, or its event does not exist."""


class ConfigurationError(PetStoreError):
    """Settings are missing or wrong; ``problems`` lists all of them, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class InvalidBody(PetStoreError):
    """The body is well-formed and breaks rules; ``violations`` lists every one."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(f"{v.pointer}: {v.detail}" for v in violations))
        self.violations = violations


class InvalidPet(InvalidBody):
    """It breaks the rules of a pet."""


class InvalidOrder(InvalidBody):
    """It breaks the rules of an order, or of a patch of one."""
