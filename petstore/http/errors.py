"""What only HTTP can get wrong. ``problems`` turns these and the domain's errors into answers.

HttpError
 +-- CrossOriginRefused        a page of another origin wants to write
 +-- InvalidQuery              the body of a QUERY breaks the rules of a list
 +-- MalformedRequest          what was sent cannot be read at all
 |    +-- MalformedBody        the body is not JSON
 |    +-- BadParameter         a query parameter or header breaks its rule
 |    +-- BodyTooLarge         the body is over the limit
 +-- MethodNotAllowed          the path exists, the method does not
 +-- NotAcceptable             nothing that the caller accepts can be produced
 +-- PreconditionFailed        If-Match of a read names other tags
 +-- UnsupportedCoding         the body is compressed
 +-- UnsupportedMediaType      the body is of a kind that is not read here
"""

from petstore.errors import PetStoreError


class HttpError(PetStoreError):
    """Base of the errors that only HTTP knows."""


class CrossOriginRefused(HttpError):
    """A page of another origin wants to write, and CORS does not allow it."""


class InvalidQuery(HttpError):
    """The body of a QUERY breaks the rules of a list; the message says which."""


class MalformedRequest(HttpError):
    """What was sent cannot be read; the message tells the sender why."""


class MalformedBody(MalformedRequest):
    """The body is not JSON text (RFC 8259)."""


class BadParameter(MalformedRequest):
    """A query parameter or a header breaks its rule; the message names it."""


class BodyTooLarge(MalformedRequest):
    """The body has more bytes than ``limit``."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit:,} bytes.")
        self.limit = limit


class MethodNotAllowed(HttpError):
    """The path takes other methods: ``allowed``."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(f"This path takes {', '.join(allowed)}.")
        self.allowed = allowed


class NotAcceptable(HttpError):
    """The caller accepts nothing that can be produced here; the message names what can."""


class PreconditionFailed(HttpError):
    """If-Match of a read names tags that the answer does not have (RFC 9110, 13.1.1)."""


class UnsupportedCoding(HttpError):
    """The body has a content coding (RFC 9110, 8.4); none is decoded here."""

    def __init__(self) -> None:
        super().__init__("Send the body without Content-Encoding.")


class UnsupportedMediaType(HttpError):
    """The body's Content-Type is missing, or is not one that is ``accepted`` here."""

    def __init__(self, accepted: tuple[str, ...]) -> None:
        super().__init__(f"Send the body as {' or '.join(accepted)}, in UTF-8.")
        self.accepted = accepted
