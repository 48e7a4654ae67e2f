"""What the cache holds under a pet's key: a pet, a lease, or a tombstone.

- A tombstone is empty: a write is under way or was done a moment ago, and nobody fills the key.
- A lease names one reader, who found no value and reads the store. Only that reader may put a value
  in its place; a write that comes between takes the lease from under it.
- A pet is ``pet/1``, a space, and JSON: its version in the store and its document.

All releases share the keys, the leases and the tombstones: a write by any of them reaches the
values of the others. A change of the document's form that an older release would read wrongly
takes the next number.
"""

import json
import re
import secrets

from petstore.pet import Pet
from petstore.repository.documents import PET
from petstore.repository.port import Stored

TOMBSTONE = b""
_LEASE = b"lease:"
_FORM = b"pet/1 "
_OTHER_FORM = re.compile(rb"pet/[0-9]{1,9} ")
# What can be an entity tag in a header.
_VERSION = re.compile(r'["!#-~]{1,200}')


def key_of(pet_id: str) -> str:
    """Return the key of a pet."""
    return f"pet:{pet_id}"


def new_lease() -> bytes:
    """Return a lease that nobody else has."""
    return _LEASE + secrets.token_hex(8).encode()


def write_value(stored: Stored[Pet]) -> bytes:
    """Return a pet and its version as they are kept."""
    content = [stored.version, PET.write(stored.value)]
    return _FORM + json.dumps(content, separators=(",", ":")).encode()


def read_value(pet_id: str, value: object) -> Stored[Pet] | None:
    """Return the pet that a value holds; None where it holds none that this release can read."""
    if not isinstance(value, bytes) or not value.startswith(_FORM):
        return None
    try:
        version, document = json.loads(value.removeprefix(_FORM))
        pet = PET.read(document)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    if pet.id != pet_id or not isinstance(version, str) or not _VERSION.fullmatch(version):
        return None
    return Stored(pet, version)


def is_meant(value: object) -> bool:
    """Return whether a value that is not a pet is there for a reason, and ends by itself."""
    if not isinstance(value, bytes):
        return False
    is_other_form = _OTHER_FORM.match(value) and not value.startswith(_FORM)
    return value == TOMBSTONE or value.startswith(_LEASE) or bool(is_other_form)
