"""What a pet and a request may hold: every limit once, for models, requests and OpenAPI.

Free of pydantic: requests are read without it. Lengths are in characters, sizes in bytes.
"""

from typing import Literal, NamedTuple, get_args

Status = Literal["available", "pending", "sold"]
STATUSES: tuple[Status, ...] = get_args(Status)
OrderStatus = Literal["placed", "approved", "delivered"]
ORDER_STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)  # first to last

# What one line cannot hold: control characters, separators of lines and paragraphs, and what
# turns the direction of the text around it (Unicode's Bidi_Control).
_BREAKS = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
# What shows nothing by itself: spaces, the blank Braille pattern, and the code points of the first
# plane that Unicode calls default ignorable. Others may stand between them, as in an emoji.
_BLANKS = (
    r"\x20\xa0\xad\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u202f\u205f-\u206f"
    r"\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
)
# One line of text that shows something. All escapes mean the same in Python, Rust and ECMAScript,
# with its u flag or without.
LINE = rf"^[^{_BREAKS}]*[^{_BREAKS}{_BLANKS}][^{_BREAKS}]*$"
# The default ignorable code points of the other planes, which a pattern cannot name for all three.
IGNORABLE = "[\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"

_LABEL = "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_LAST_LABEL = "[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
# http or https in any case, a host's name or IPv4 address, perhaps a port, then visible ASCII
# (RFC 3986); no user or password.
URL = (
    rf"^[hH][tT][tT][pP][sS]?://(({_LABEL}\.)*{_LAST_LABEL}\.?|{_OCTET}(\.{_OCTET}){{3}})"
    rf"(:{_PORT}?)?([/?#][!-~]*)?$"
)

# What a browser's e-mail field accepts (WHATWG HTML, 4.10.5.1.5), with a dot in the domain, and
# without the question mark, which no address in use has: "=?" begins an encoded word (RFC 2047).
EMAIL = (
    r"^[a-zA-Z0-9.!#$%&'*+/=^_`{|}~-]{1,64}@"
    r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+$"
)

NAME_LENGTH = 100
SPECIES_LENGTH = 50
BREED_LENGTH = 50
DESCRIPTION_LENGTH = 2_000
TAG_LENGTH = 40
TAGS = 20
PHOTO_URLS = 10
URL_LENGTH = 2_048
EMAIL_LENGTH = 254
NOTE_LENGTH = 1_000
USER_LENGTH = 200

VIOLATIONS = 50
POINTER_STEP_LENGTH = 100


class TextFilter(NamedTuple):
    """A parameter of the list that holds a text: its member of ``PetQuery``, and its longest."""

    member: str
    length: int


TEXT_FILTERS = {
    "species": TextFilter("species", SPECIES_LENGTH),
    "tag": TextFilter("tag", TAG_LENGTH),
    "name": TextFilter("name_prefix", NAME_LENGTH),
}

BODY_SIZE = 1_000_000
PAGE_SIZE = 100
KEY_LENGTH = 255
ENTITY_TAGS_LENGTH = 8_000
