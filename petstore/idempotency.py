"""Claims on idempotency keys: of any number of equal requests one creates the pet.

After draft-ietf-httpapi-idempotency-key-header-07. The claim on a key is one create-only write
that already holds the new pet's id. So of any number of equal requests one creates the pet, and
whoever retries after a crash creates the same pet, which a create-only write keeps once.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from petstore.errors import (
    AlreadyExists,
    KeyInFlight,
    KeyReused,
    NotFound,
    StoreUnavailable,
    Unreadable,
    VersionConflict,
)
from petstore.ids import moment_of, new_id
from petstore.repository.port import Claim, ClaimRepository

# Seconds. No request takes longer, so an older claim without a pet was left by one that broke off.
IN_FLIGHT = 10
_ATTEMPTS = 4


async def claim_key(
    claims: ClaimRepository, user_id: str | None, key: str, body: object
) -> tuple[Claim, bool]:
    """Claim a key for a new pet.

    Args:
        claims: where claims are kept.
        user_id: who is calling; the key of another caller is another key.
        key: the caller's key.
        body: the decoded body.

    Returns:
        The claim that is kept, and whether it is this request's own.

    Raises:
        KeyReused: the key came with another body.
    """
    claim = Claim(id=_digest([user_id, key]), fingerprint=_digest(body), pet_id=new_id())
    kept = await _keep(claims, claim)
    if kept.fingerprint != claim.fingerprint:
        raise KeyReused
    return kept, kept == claim


def check_broken_off(claim: Claim) -> None:
    """Raise KeyInFlight unless the claim is so old that its request cannot be under way."""
    age = (datetime.now(UTC) - moment_of(claim.pet_id)).total_seconds()
    if age < IN_FLIGHT:
        raise KeyInFlight(max(1, int(IN_FLIGHT - age) + 1))


async def settle(claims: ClaimRepository, claim: Claim, version: str) -> None:
    """Note that the pet is created, and its first version; "" where that is not known any more.

    Nobody is told of the pet before: whoever was told gets the same answer again for 24 hours,
    even when the pet is deleted meanwhile.

    Raises:
        StoreUnavailable: a retry with the same key finds the pet.
    """
    with suppress(NotFound):  # it has just expired
        await claims.replace(replace(claim, version=version))


async def _keep(claims: ClaimRepository, claim: Claim) -> Claim:
    """Keep a claim, unless there is one with its id; return the one that is kept."""
    for _ in range(_ATTEMPTS):
        with suppress(AlreadyExists):
            return (await claims.add(claim)).value
        try:
            return (await claims.get(claim.id)).value
        except Unreadable as broken:  # it counts as expired, or it would hold its key for good
            with suppress(NotFound, VersionConflict):
                return (await claims.replace(claim, broken.version)).value
        except NotFound:  # it has just expired
            continue
    raise StoreUnavailable("the claim on this key comes and goes")


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
