"""The floor: the least that reads one document from Cosmos DB with Microsoft's SDK."""

import os

import azure.functions as func
from azure.cosmos.aio import CosmosClient

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
key = os.environ.get("COSMOS_KEY")
if not key:
    from azure.identity.aio import ManagedIdentityCredential
client = CosmosClient(
    os.environ["COSMOS_ENDPOINT"],
    key or ManagedIdentityCredential(),
    enable_endpoint_discovery=False,
)
pets = client.get_database_client("petstore").get_container_client("pets")


@app.route("pets/{pet_id}")
async def get_pet(req: func.HttpRequest) -> func.HttpResponse:
    """Return the document as it is."""
    pet_id = req.route_params["pet_id"]
    return func.HttpResponse(str(await pets.read_item(pet_id, pet_id)))
