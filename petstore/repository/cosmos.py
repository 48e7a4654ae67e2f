"""Pets in Azure Cosmos DB for NoSQL: one container, partition key ``/id``, one document a pet.

A document holds the pet's own members, the keys that the filters compare, and the mark of the
write that made it. The SDK is imported at first use: that takes a third of a second, which a
process that never asks the store should not pay.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from petstore.errors import (
    AlreadyExists,
    NotFound,
    PetStoreError,
    PreconditionFailed,
    StoreUnavailable,
)
from petstore.ids import is_id
from petstore.models import Pet, search_key
from petstore.repository import CLAIM_SECONDS, Claim, Page, PetQuery, Stored
from petstore.usage import add_charge, timed

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.core.pipeline import PipelineResponse
    from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
    from azure.identity.aio import ManagedIdentityCredential

# Only what is filtered; ``id`` is always indexed. infra/ sets the same policy in Azure.
INDEXING_POLICY: dict[str, Any] = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [
        {"path": "/species_key/?"},
        {"path": "/status/?"},
        {"path": "/tag_keys/[]/?"},
        {"path": "/name_key/?"},
        {"path": "/owner_id/?"},
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
_CLAIMS = "idempotency"
_CONDITIONS = {
    "species": "c.species_key = @species",
    "status": "c.status = @status",
    "tag": "ARRAY_CONTAINS(c.tag_keys, @tag)",
    "owner_id": "c.owner_id = @owner_id",
    "name_prefix": "STARTSWITH(c.name_key, @name_prefix)",
}
# How long one call may take in all, in seconds; the rest of the promised 5 is for the first import.
_DEADLINE = 4.0
_PATIENCE: dict[str, Any] = {
    "connection_timeout": 2,  # seconds
    "read_timeout": 3,  # seconds
    "retry_total": 1,
    "retry_connect": 1,
    "retry_read": 1,
    # With a fixed pause the last refusal arrives within the deadline, and says how long to wait.
    "retry_throttle_total": 1,
    "retry_fixed_interval": 500,  # milliseconds
}
# Answers to a request that we should not have sent: bugs, not conditions of the store.
_OUR_BUGS = {400, 413}
# Substatus of a 404 from a region that has not caught up with our own writes yet.
_REPLICA_BEHIND = 1002
# What may stand in an If-Match header as one version; ``*`` and lists mean something else there.
_SENDABLE = re.compile(r"[!-)+\--~]{1,200}")


class CosmosPets:
    """The promises of ``PetRepository`` on Azure Cosmos DB.

    Nothing is connected before the first call. A write that ends in StoreUnavailable may have
    been done all the same. A removal whose connection broke after it was done may end in NotFound.

    Args:
        endpoint: the account's URL.
        key: the account's key. With a key the database and the container are made when they are
            missing; without one the app's managed identity is used, which may not do that.
        client_id: which user-assigned managed identity; None for the system-assigned one.
        database: name of the database.
        container: name of the container.
    """

    def __init__(
        self, endpoint: str, key: str | None, client_id: str | None, database: str, container: str
    ) -> None:
        self._endpoint = endpoint
        self._key = key
        self._client_id = client_id
        self._database = database
        self._container = container
        self._opening = asyncio.Lock()
        self._opened: DatabaseProxy | None = None
        self._connections = AsyncExitStack()

    async def add(self, pet: Pet) -> Stored:
        """See ``PetRepository.add``."""
        document = _document(pet)
        async with self._calling({409: AlreadyExists(pet.id)}) as container:
            write = container.create_item(document)
            kept = await _confirmed(write, container, document)
        return Stored(pet, kept["_etag"])

    async def get(self, pet_id: str) -> Stored:
        """See ``PetRepository.get``."""
        if not is_id(pet_id):
            raise NotFound(pet_id)
        async with self._calling({404: NotFound(pet_id)}) as container:
            kept = await container.read_item(pet_id, pet_id)
        return Stored(Pet.model_validate(kept), kept["_etag"])

    async def find(self, query: PetQuery) -> Page:
        """See ``PetRepository.find``."""
        text, parameters = _list_query(query)
        async with self._calling({}) as container:
            kept = container.query_items(
                text, parameters=parameters, max_item_count=query.limit + 1
            )
            documents = [document async for document in kept]
        pets = [Pet.model_validate(document) for document in documents[: query.limit]]
        return Page(pets, has_more=len(documents) > query.limit)

    async def replace(self, pet: Pet, version: str | None = None) -> Stored:
        """See ``PetRepository.replace``."""
        await self._check_sendable(pet.id, version)
        document = _document(pet)
        async with self._calling(_refusals(pet.id)) as container:
            write = container.replace_item(pet.id, document, **_condition(version))
            kept = await _confirmed(write, container, document)
        return Stored(pet, kept["_etag"])

    async def remove(self, pet_id: str, version: str | None = None) -> None:
        """See ``PetRepository.remove``."""
        await self._check_sendable(pet_id, version)
        async with self._calling(_refusals(pet_id)) as container:
            await container.delete_item(pet_id, pet_id, **_condition(version))

    async def claim(self, claim: Claim) -> Claim:
        """See ``PetRepository.claim``."""
        from azure.core.exceptions import ResourceExistsError  # noqa: PLC0415

        async with self._calling({}, _CLAIMS) as container:
            try:
                await container.create_item(dict(vars(claim)))
            except ResourceExistsError:
                kept = await container.read_item(claim.id, claim.id)
                return Claim(**{name: kept[name] for name in vars(claim)})
        return claim

    async def settle(self, claim: Claim) -> None:
        """See ``PetRepository.settle``."""
        async with self._calling({}, _CLAIMS) as container:
            await container.replace_item(claim.id, dict(vars(claim)))

    async def ping(self) -> None:
        """See ``PetRepository.ping``."""
        async with self._calling({}) as container:
            await container.read()

    async def close(self) -> None:
        """See ``PetRepository.close``."""
        self._opened = None
        await self._connections.aclose()

    async def _check_sendable(self, pet_id: str, version: str | None) -> None:
        if not is_id(pet_id):
            raise NotFound(pet_id)
        if version is not None and not _SENDABLE.fullmatch(version):
            await self.get(pet_id)
            raise PreconditionFailed(pet_id)

    @asynccontextmanager
    async def _calling(
        self, refusals: Mapping[int, PetStoreError], name: str | None = None
    ) -> AsyncIterator["ContainerProxy"]:
        """Give a container for one call that ends in time and fails only with our errors.

        Args:
            refusals: the status codes that this call may meet, and what they mean.
            name: which container; that of the pets by default.
        """
        from azure.core.exceptions import AzureError  # noqa: PLC0415

        if self._opened is None:
            _import_sdk(with_identity=self._key is None)
        try:
            async with asyncio.timeout(_DEADLINE):
                with timed():
                    database = await self._open()
                    yield database.get_container_client(name or self._container)
        except TimeoutError as error:
            raise StoreUnavailable(f"Cosmos DB: no answer within {_DEADLINE:g} s") from error
        except AzureError as error:
            if getattr(error, "status_code", None) in _OUR_BUGS and self._opened is not None:
                raise
            raise self._translated(error, refusals, name or self._container) from error

    def _translated(
        self, error: "AzureError", refusals: Mapping[int, PetStoreError], name: str
    ) -> PetStoreError:
        status = getattr(error, "status_code", None) or 0
        sub_status = getattr(error, "sub_status", None) or 0
        if status in refusals and not (status == 404 and sub_status):  # noqa: PLR2004 - HTTP's
            return refusals[status]
        if status == 404 and sub_status != _REPLICA_BEHIND:  # noqa: PLR2004 - HTTP's
            place = f"container {name!r} in database {self._database!r}"
            return StoreUnavailable(f"Cosmos DB: there is no {place}")
        if status in {401, 403}:
            who = "managed identity" if self._key is None else "key"
            return StoreUnavailable(f"Cosmos DB refuses our {who}: {_one_line(error)}")
        return StoreUnavailable(f"Cosmos DB: {_one_line(error)}", _retry_after(error))

    async def _open(self) -> "DatabaseProxy":
        if self._opened is None:
            async with self._opening:
                if self._opened is None:
                    self._opened = await self._connect()
        return self._opened

    async def _connect(self) -> "DatabaseProxy":
        from azure.core.pipeline.transport import AioHttpTransport  # noqa: PLC0415
        from azure.cosmos.aio import CosmosClient  # noqa: PLC0415

        async with AsyncExitStack() as connections:
            client = CosmosClient(
                self._endpoint,
                self._key or self._identity(connections),
                # Else aiohttp looks for a netrc file, in another thread, at every request.
                transport=AioHttpTransport(use_env_settings=False),
                raw_response_hook=_count_charge,
                enable_endpoint_discovery=not _is_emulator(self._endpoint),
                **_PATIENCE,
            )
            connections.push_async_callback(client.close)
            await client.__aenter__()
            if self._key is not None:
                await create_containers(client, self._database, self._container)
            database = client.get_database_client(self._database)
            # The SDK needs the container's properties, and keeps them.
            await database.get_container_client(self._container).read()
            # From here on it is for close to close; before, each failure undoes all.
            self._connections = connections.pop_all()
        return database

    def _identity(self, connections: AsyncExitStack) -> "ManagedIdentityCredential":
        from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415

        identity = ManagedIdentityCredential(client_id=self._client_id)
        connections.push_async_callback(identity.close)
        return identity


async def create_containers(client: "CosmosClient", database: str, container: str) -> None:
    """Make the database and the container where they are missing; needs an account's key."""
    from azure.cosmos import PartitionKey  # noqa: PLC0415
    from azure.cosmos.exceptions import CosmosResourceExistsError  # noqa: PLC0415

    # Another process may make them between the SDK's look and its creation.
    with suppress(CosmosResourceExistsError):
        await client.create_database_if_not_exists(database)
    place = client.get_database_client(database)
    with suppress(CosmosResourceExistsError):
        await place.create_container_if_not_exists(
            container, PartitionKey("/id"), indexing_policy=INDEXING_POLICY
        )
    with suppress(CosmosResourceExistsError):
        await place.create_container_if_not_exists(
            _CLAIMS, PartitionKey("/id"), indexing_policy=NO_INDEX, default_ttl=CLAIM_SECONDS
        )


def _count_charge(response: "PipelineResponse[Any, Any]") -> None:
    units = response.http_response.headers.get("x-ms-request-charge")
    if units:
        add_charge(float(units))


async def _confirmed(
    write: Awaitable[Mapping[str, Any]], container: "ContainerProxy", document: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Give what a write stored.

    When a connection breaks, the SDK sends the request again although the first may have been
    done; the second then meets the first one's work. The mark tells our own work from others'.
    """
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415

    try:
        return await write
    except HttpResponseError as error:
        if error.status_code not in {409, 412}:
            raise
        kept = await container.read_item(document["id"], document["id"])
        if kept.get("write") != document["write"]:
            raise
        return kept


def _document(pet: Pet) -> dict[str, Any]:
    return {
        **pet.model_dump(),
        "species_key": search_key(pet.species),
        "name_key": search_key(pet.name),
        "tag_keys": [search_key(tag) for tag in pet.tags],
        "write": secrets.token_hex(8),
    }


def _list_query(query: PetQuery) -> tuple[str, list[dict[str, Any]]]:
    conditions = {name: text for name, text in _CONDITIONS.items() if vars(query)[name] is not None}
    if query.after is not None:
        conditions["after"] = "c.id < @after" if query.newest_first else "c.id > @after"
    where = f" WHERE {' AND '.join(conditions.values())}" if conditions else ""
    order = "DESC" if query.newest_first else "ASC"
    # Only the fixed texts above and a number are put together here; every value is bound.
    text = f"SELECT TOP {query.limit + 1:d} * FROM c{where} ORDER BY c.id {order}"  # noqa: S608
    return text, [{"name": f"@{name}", "value": vars(query)[name]} for name in conditions]


def _condition(version: str | None) -> dict[str, Any]:
    from azure.core import MatchConditions  # noqa: PLC0415

    if version is None:
        return {}
    return {"etag": version, "match_condition": MatchConditions.IfNotModified}


def _refusals(pet_id: str) -> dict[int, PetStoreError]:
    return {404: NotFound(pet_id), 412: PreconditionFailed(pet_id)}


def _is_emulator(endpoint: str) -> bool:
    # Emulators name regions that cannot be reached, so the SDK must not look for any.
    parts = urlsplit(endpoint)
    return parts.scheme == "http" or parts.hostname in {"localhost", "127.0.0.1", "::1"}


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _retry_after(error: "AzureError") -> int:
    milliseconds = (getattr(error, "headers", None) or {}).get("x-ms-retry-after-ms", "")
    return max(1, -(-int(milliseconds) // 1000)) if milliseconds.isdecimal() else 1


def _import_sdk(*, with_identity: bool) -> None:
    import azure.cosmos.aio  # noqa: PLC0415
    from azure.core.pipeline.transport import AioHttpTransport  # noqa: F401, PLC0415 - aiohttp

    if with_identity:
        import azure.identity.aio  # noqa: F401, PLC0415
