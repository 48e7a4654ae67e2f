"""Pets to test with, a create that breaks off, and stores that are closed after use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from petstore.events import Event, new_event
from petstore.ids import moment_of, new_id
from petstore.pet import Pet
from petstore.pets import Pets
from petstore.repository.cached import CachedStore, with_cache
from petstore.repository.port import Store, Stored
from petstore.settings import read_settings
from petstore.timestamps import timestamp


def a_pet(**details: Any) -> Pet:
    """Create a pet with a new id; what is not said is ordinary."""
    pet_id = new_id()
    now = timestamp(moment_of(pet_id))
    ordinary = {"name": "Rex", "species": "Dog", "created_at": now, "updated_at": now}
    return Pet(**{"id": pet_id, **ordinary, **details})


def pet_created(pet_id: str, address: str, now: datetime, caller: str | None = None) -> Event:
    """Return the event of a new pet."""
    return new_event("pet_created", now, pet_id=pet_id, address=address, caller=caller)


class Broken(Exception):
    """A crash."""


async def crash_before_the_pet(
    store: Store, body: object, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let a create with an idempotency key break off when all is written but the pet."""

    async def crash(_: object) -> Stored[Pet]:
        raise Broken

    with monkeypatch.context() as patch:
        patch.setattr(store.pets, "add", crash)
        with pytest.raises(Broken):
            await Pets(store).create(body, key)


@asynccontextmanager
async def closing[S: Store](store: S) -> AsyncIterator[S]:
    """Close a store at the end."""
    try:
        yield store
    finally:
        await store.close()


def cached(store: Store, url: str, **settings: str) -> CachedStore:
    """Put a cache in front of a store."""
    environment = {"REDIS_URL": url, **settings}
    found = read_settings(environment).cache
    assert found is not None
    return with_cache(store, found, environment, in_azure=False)
