"""Everything that can go wrong, as facts. Nothing here knows HTTP.

PetStoreError
 +-- NotFound             no such pet
 +-- AlreadyExists        an id is taken
 +-- Unauthorized         no token, or one that is not good
 +-- Forbidden            the pet is somebody else's
 +-- PreconditionFailed   the pet is no longer at the version that the caller named
 +-- KeyInFlight          an equal request with this idempotency key has not ended yet
 +-- KeyReused            an idempotency key came before with another body
 +-- StoreUnavailable     the store cannot answer now; trying again later makes sense
 +-- BadMessage           a message of the queue is not ours, damaged, or about nothing
 +-- ConfigurationError   settings are missing or wrong; trying again does not help
 +-- MalformedRequest     what was sent cannot be read at all
 |    +-- MalformedBody   the body is not JSON
 |    +-- BadParameter    a query parameter breaks its rule
 |    +-- BodyTooLarge    the body is over the limit
 +-- Unsupported         the request is understood, and cannot be served in this form
 |    +-- MethodNotAllowed      the path exists, the method does not
 |    +-- UnsupportedMediaType  the body is of a kind that is not read here
 |    +-- NotAcceptable         nothing that the caller accepts can be produced
 +-- InvalidPet           well-formed, but rules for its members are broken
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
    """There is no pet with this id."""

    def __init__(self, pet_id: str) -> None:
        super().__init__(f"no pet {pet_id!r}")
        self.pet_id = pet_id


class AlreadyExists(PetStoreError):
    """A pet with this id exists."""

    def __init__(self, pet_id: str) -> None:
        super().__init__(f"pet {pet_id!r} exists already")
        self.pet_id = pet_id


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


class PreconditionFailed(PetStoreError):
    """The pet is not at the version that the caller named."""

    def __init__(self, pet_id: str) -> None:
        super().__init__(f"pet {pet_id!r} was changed meanwhile")
        self.pet_id = pet_id


class KeyInFlight(PetStoreError):
    """An equal request with this idempotency key has not ended yet, or broke off just now.

    Args:
        retry_after: seconds after which trying again makes sense.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__("the first request with this key has not ended")
        self.retry_after = retry_after


class KeyReused(PetStoreError):
    """An idempotency key came before, with another body."""


class StoreUnavailable(PetStoreError):
    """The store did not answer, or told us to wait.

    Args:
        reason: for the log; may name the store's own error.
        retry_after: seconds after which trying again makes sense.
    """

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class BadMessage(PetStoreError):
    """A message of the queue is not ours, or damaged, or its event is not there."""


class ConfigurationError(PetStoreError):
    """Settings are missing or wrong; ``problems`` lists all of them, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class MalformedRequest(PetStoreError):
    """What was sent cannot be read; the message tells the sender why."""


class MalformedBody(MalformedRequest):
    """The body is not JSON text (RFC 8259)."""


class BadParameter(MalformedRequest):
    """A query parameter breaks its rule; the message names it."""


class BodyTooLarge(MalformedRequest):
    """The body has more bytes than ``limit``."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit:,} bytes.")
        self.limit = limit


class Unsupported(PetStoreError):
    """The request is understood, and cannot be served in this form."""


class MethodNotAllowed(Unsupported):
    """The path takes other methods: ``allowed``."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(f"This path takes {', '.join(allowed)}.")
        self.allowed = allowed


class UnsupportedMediaType(Unsupported):
    """The body is said to be something else than what is ``accepted`` here."""

    def __init__(self, accepted: tuple[str, ...]) -> None:
        super().__init__(f"Send the body as {' or '.join(accepted)}, in UTF-8.")
        self.accepted = accepted


class NotAcceptable(Unsupported):
    """The caller accepts nothing that can be produced here; the message names what can."""


class InvalidPet(PetStoreError):
    """The body is well-formed and breaks rules; ``violations`` lists every one."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(f"{v.pointer}: {v.detail}" for v in violations))
        self.violations = violations
