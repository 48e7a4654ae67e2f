"""A peer in the style of tutorials: every import and client at the top, and blocking functions.

It checks with pydantic, as tutorials do, and has neither conditions, tokens nor error documents.
"""

import logging
import os
from typing import Any
from uuid import uuid4

import azure.functions as func
from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from azure.identity import DefaultAzureCredential
from pydantic import BaseModel, Field

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
key = os.environ.get("COSMOS_KEY")
client = CosmosClient(
    os.environ["COSMOS_ENDPOINT"],
    credential=key or DefaultAzureCredential(),
    enable_endpoint_discovery=False,
)
database = client.create_database_if_not_exists("petstore")
container = database.create_container_if_not_exists("pets", PartitionKey("/id"))


class Pet(BaseModel):
    """A pet."""

    id: str = Field(default_factory=lambda: str(uuid4()))
    name: str = Field(max_length=100)
    species: str
    tags: list[str] = []
    status: str = "available"


def _answer(body: dict[str, Any], status: int = 200) -> func.HttpResponse:
    text = Pet.model_validate(body).model_dump_json()
    return func.HttpResponse(text, status_code=status, mimetype="application/json")


@app.route("pets/{pet_id}", methods=["GET"])
def get_pet(req: func.HttpRequest) -> func.HttpResponse:
    """Get a pet."""
    logging.info("get")  # noqa: LOG015 - as tutorials do
    pet_id = req.route_params["pet_id"]
    try:
        return _answer(container.read_item(pet_id, pet_id))
    except CosmosResourceNotFoundError:
        return func.HttpResponse("not found", status_code=404)


@app.route("pets", methods=["POST"])
def create_pet(req: func.HttpRequest) -> func.HttpResponse:
    """Create a pet."""
    logging.info("create")  # noqa: LOG015 - as tutorials do
    pet = Pet.model_validate(req.get_json())
    return _answer(container.create_item(pet.model_dump()), 201)
