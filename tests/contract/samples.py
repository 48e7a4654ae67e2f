"""Pets to test with, and stores that are closed after use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from petstore.ids import moment_of, new_id
from petstore.models import Pet
from petstore.repository import PetRepository
from petstore.terms import timestamp


def a_pet(**details: Any) -> Pet:
    """Make a pet with a new id; what is not said is ordinary."""
    pet_id = new_id()
    now = timestamp(moment_of(pet_id))
    ordinary = {"name": "Rex", "species": "Dog", "created_at": now, "updated_at": now}
    return Pet.model_validate({"id": pet_id, **ordinary, **details})


@asynccontextmanager
async def closing[Store: PetRepository](store: Store) -> AsyncIterator[Store]:
    """Close a store at the end."""
    try:
        yield store
    finally:
        await store.close()
