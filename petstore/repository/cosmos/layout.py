"""The containers of the database: their names, indexes, and how long they keep what is in them."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from petstore.events import KEPT_SECONDS
from petstore.repository.documents import PET
from petstore.repository.port import CLAIM_SECONDS

if TYPE_CHECKING:
    from azure.cosmos.aio import CosmosClient

# Only what is filtered; ``id`` is always indexed. infra/ sets the same policies in Azure.
PETS_INDEX: dict[str, Any] = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [
        # What holds a list ends in "_keys".
        {"path": f"/{name}/[]/?" if name.endswith("_keys") else f"/{name}/?"}
        for name in (*PET.keys, "status", "owner_id")
    ],
    "excludedPaths": [{"path": "/*"}],
}
# For containers that are only read by id.
NO_INDEX: dict[str, Any] = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [],
    "excludedPaths": [{"path": "/*"}],
}
EVENTS_INDEX: dict[str, Any] = {
    **NO_INDEX,
    "includedPaths": [{"path": "/due_at/?"}],
}
CLAIMS = "idempotency"
EVENTS = "events"


async def create_containers(client: "CosmosClient", database: str, pets: str) -> None:
    """Create the database and the containers where they are missing; needs an account's key."""
    from azure.cosmos import PartitionKey
    from azure.cosmos.exceptions import CosmosResourceExistsError

    # Another process may create them between the SDK's look and its creation.
    with suppress(CosmosResourceExistsError):
        await client.create_database_if_not_exists(database)
    place = client.get_database_client(database)
    for name, properties in containers(pets).items():
        with suppress(CosmosResourceExistsError):
            await place.create_container_if_not_exists(name, PartitionKey("/id"), **properties)


def containers(pets: str) -> dict[str, dict[str, Any]]:
    """Return each container's properties by name; all have the partition key ``/id``.

    Args:
        pets: name of the container of the pets.
    """
    return {
        pets: {"indexing_policy": PETS_INDEX},
        CLAIMS: {"indexing_policy": NO_INDEX, "default_ttl": CLAIM_SECONDS},
        EVENTS: {"indexing_policy": EVENTS_INDEX, "default_ttl": KEPT_SECONDS},
    }
