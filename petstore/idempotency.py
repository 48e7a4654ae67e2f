"""Creating once, however often the same request comes.

After draft-ietf-httpapi-idempotency-key-header-07. The claim on a key is one create-only write
that already holds the new pet's id. So of any number of equal requests one makes the pet, and
whoever retries after a crash makes the same pet, which a create-only write makes once.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from petstore.errors import AlreadyExists, KeyInFlight, KeyReused, NotFound, StoreUnavailable
from petstore.identity import ANYBODY, Caller
from petstore.ids import moment_of, new_id
from petstore.models import Pet, parse_pet
from petstore.pets import keep, new_pet
from petstore.repository.port import Claim, ClaimRepository, Store, Stored

# Seconds. No request takes longer, so an older claim without a pet was left by one that broke off.
IN_FLIGHT = 10
_ATTEMPTS = 4


async def create_once(
    store: Store, body: object, key: str, caller: Caller = ANYBODY
) -> tuple[Stored[Pet], bool]:
    """Check a decoded JSON body and keep it as a new pet, unless this key did that already.

    Args:
        store: where pets are kept.
        body: the decoded body.
        key: the caller's key; that of another caller is another key.
        caller: who is calling.

    Returns:
        The pet as it was made, and whether this is a replay. The version is empty where the
        first one is not known any more.

    Raises:
        InvalidPet: with every broken rule.
        KeyInFlight: the first request with this key has not ended.
        KeyReused: the key came with another body.
    """
    details = parse_pet(body)
    claim = Claim(id=_digest([caller.user_id, key]), fingerprint=_digest(body), pet_id=new_id())
    kept = await _claimed(store.claims, claim)
    if kept.fingerprint != claim.fingerprint:
        raise KeyReused
    pet = new_pet(kept.pet_id, details, caller)
    if kept.version is not None:
        return Stored(pet, kept.version), True
    if kept == claim:
        return await _add(store, pet, kept), False
    return await _resume(store, pet, kept)


async def _claimed(claims: ClaimRepository, claim: Claim) -> Claim:
    """Keep a claim, unless there is one with its id; return the one that is kept."""
    for _ in range(_ATTEMPTS):
        with suppress(AlreadyExists):
            return (await claims.add(claim)).value
        with suppress(NotFound):  # it has just expired
            return (await claims.get(claim.id)).value
    raise StoreUnavailable("the claim on this key comes and goes")


async def _resume(store: Store, pet: Pet, claim: Claim) -> tuple[Stored[Pet], bool]:
    """Do what is left of a request that has not ended: it is under way, or it broke off."""
    try:
        return await _made(store, pet, claim), True
    except NotFound:
        age = (datetime.now(UTC) - moment_of(claim.pet_id)).total_seconds()
        if age < IN_FLIGHT:
            raise KeyInFlight(max(1, int(IN_FLIGHT - age) + 1)) from None
    return await _add(store, pet, claim), False


async def _add(store: Store, pet: Pet, claim: Claim) -> Stored[Pet]:
    try:
        stored = await keep(store, pet)
    except AlreadyExists:  # an equal request was faster
        return await _made(store, pet, claim)
    await _settle(store, claim, stored.version)
    return stored


async def _made(store: Store, pet: Pet, claim: Claim) -> Stored[Pet]:
    """Give the pet as it was made, though others may have changed it since."""
    stored = await store.pets.get(pet.id)
    if stored.value != pet:
        return Stored(pet, "")
    await _settle(store, claim, stored.version)
    return stored


async def _settle(store: Store, claim: Claim, version: str) -> None:
    # The pet is made; without this a retry looks it up.
    with suppress(NotFound, StoreUnavailable):
        await store.claims.replace(replace(claim, version=version))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
