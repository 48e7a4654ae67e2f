"""List cursors: the place in one list where its next page begins, as opaque text.

A cursor holds the last pet's id and a check of the list's filters and order, so that a cursor of
another list is refused and does not return a page of nonsense. It is not secret and grants
nothing: whoever forges one only chooses where to begin.
"""

import base64
import binascii
import json
import zlib
from dataclasses import replace
from uuid import UUID

from petstore.http.errors import BadParameter
from petstore.repository.port import PetQuery

_ID_BYTES = 16
_CHECK_BYTES = 4
CURSOR_LENGTH = 27  # characters: Base64 of the 20 bytes without padding (RFC 4648, 5)
CURSOR = f"^[A-Za-z0-9_-]{{{CURSOR_LENGTH}}}$"


def encode_cursor(query: PetQuery, last_id: str) -> str:
    """Return the cursor of the page after ``last_id`` in this list: ``CURSOR_LENGTH`` long."""
    raw = UUID(last_id).bytes
    return base64.urlsafe_b64encode(raw + _check(query, raw)).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, query: PetQuery) -> PetQuery:
    """Return the query with its ``after`` set; None means the first page.

    Raises:
        BadParameter: this is not a cursor of ours, or it is that of another list.
    """
    if cursor is None:
        return query
    try:
        raw = base64.b64decode(f"{cursor}=".encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    last_id, check = raw[:_ID_BYTES], raw[_ID_BYTES:]
    if len(raw) != _ID_BYTES + _CHECK_BYTES or check != _check(query, last_id):
        raise BadParameter("cursor is not one that this list gave; it keeps filters and sort.")
    return replace(query, after=str(UUID(bytes=last_id)))


def _check(query: PetQuery, last_id: bytes) -> bytes:
    # The page's size may change from page to page; filters and order may not.
    members = dict(vars(replace(query, limit=1, after=None)))
    if query.buyer_id is None:  # cursors of the release that did not know it stay good
        del members["buyer_id"]
    kept = json.dumps(members, sort_keys=True).encode()
    return zlib.crc32(last_id + kept).to_bytes(_CHECK_BYTES)
