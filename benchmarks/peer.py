"""A peer: a plain FastAPI app on the same SQLite store, for uvicorn.

It checks bodies with the app's own model, and has neither tokens, conditions nor error documents:
what FastAPI gives by itself.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from petstore.models import PetInput
from petstore.pets import Pets
from petstore.repository.port import PetQuery
from petstore.repository.sqlite.store import SqliteStore

app = FastAPI()


@cache
def pets() -> Pets:
    """Return the rules about pets, on the file that the environment names."""
    return Pets(SqliteStore(Path(os.environ["PETSTORE_SQLITE_PATH"])))


@app.get("/api/pets")
async def listpets() -> list[dict[str, Any]]:
    """List 20 pets."""
    page = await pets().find(PetQuery())
    return [dict(vars(pet)) for pet in page.items]


@app.get("/api/pets/{pet_id}")
async def get_pet(pet_id: str) -> dict[str, Any]:
    """Get a pet."""
    return dict(vars((await pets().get(pet_id)).value))


@app.post("/api/pets", status_code=201)
async def create_pet(pet: PetInput) -> dict[str, Any]:
    """Create a pet."""
    body = pet.model_dump(mode="json", exclude_unset=True)
    return dict(vars((await pets().create(body)).stored.value))
