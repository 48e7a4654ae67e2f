"""Addresses of mail, with or without a name in front: ``PetStore <pets@example.com>``."""

import re
from dataclasses import dataclass

from petstore.limits import EMAIL, EMAIL_LENGTH

# RFC 5322, 3.2.3 and 3.2.4: what stands outside quotes holds none of the specials but the dot,
# which names such as "Co." have.
_BARE_NAME = r"[^\x00-\x1f\x7f-\x9f()<>\[\]:;@\\,\"]*"
_QUOTED_NAME = r'"(?:[^\x00-\x1f\x7f-\x9f"\\]|\\["\\])*"'
_NAMED = re.compile(rf"(?P<name>{_BARE_NAME}|{_QUOTED_NAME})[ \t]*<(?P<address>[^<>]*)>")
# A sender may be on a machine of the local network: ``pets@mailhost``.
_ADDRESS = re.compile(EMAIL.removesuffix("+$") + "*$")
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True)
class Mailbox:
    """Who sends or gets a mail.

    Attributes:
        name: what people see; may be empty.
        address: ASCII, of the form that the API takes for an owner's; a domain without dots too.
    """

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What stands after the @."""
        return self.address.rpartition("@")[2]


def parse_mailbox(text: str) -> Mailbox | None:
    """Return an address with its name; None when the text is anything else.

    A name that holds a special (brackets, comma, colon, ...) must be in double quotes (RFC 5322,
    3.2.3 and 3.4).
    """
    named = _NAMED.fullmatch(text.strip())
    name, address = (named["name"].strip(), named["address"]) if named else ("", text.strip())
    if name.startswith('"'):
        name = _ESCAPED.sub(r"\1", name[1:-1])
    if not _ADDRESS.fullmatch(address) or len(address) > EMAIL_LENGTH:
        return None
    return Mailbox(name, address)
