"""What a pet and a request may hold: every limit once, for models, requests and the contract.

Free of pydantic: requests are read without it. Lengths are in characters, sizes in bytes.
"""

from typing import Literal

Status = Literal["available", "pending", "sold"]

# One line of text: no control characters, and something else than white space.
LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"

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

BODY_SIZE = 1_000_000
PAGE_SIZE = 100
KEY_LENGTH = 255
ENTITY_TAGS_LENGTH = 8_000
