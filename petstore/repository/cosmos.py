"""Pets in Azure Cosmos DB for NoSQL: one container, partition key ``/id``, one document a pet.

A document holds the pet's own members, the keys that the filters compare, and the mark of the
write that made it.
"""

import re
import secrets
from typing import Any

from petstore.errors import AlreadyExists, NotFound, PetStoreError, VersionConflict
from petstore.ids import is_id
from petstore.models import Pet, search_key
from petstore.repository import Claim, Page, PetQuery, Stored
from petstore.repository.cosmos_account import CLAIMS, CosmosAccount, condition, confirmed
from petstore.repository.cosmos_events import CosmosEvents

_CONDITIONS = {
    "species": "c.species_key = @species",
    "status": "c.status = @status",
    "tag": "ARRAY_CONTAINS(c.tag_keys, @tag)",
    "owner_id": "c.owner_id = @owner_id",
    "name_prefix": "STARTSWITH(c.name_key, @name_prefix)",
}
# What may stand in an If-Match header as one version; ``*`` and lists mean something else there.
_SENDABLE = re.compile(r"[!-)+\--~]{1,200}")


class CosmosPets:
    """The promises of ``PetRepository`` on Azure Cosmos DB.

    Nothing is connected before the first call. A write that ends in StoreUnavailable may have
    been done all the same. A removal whose connection broke after it was done may end in NotFound.

    Args:
        account: where the containers are.
    """

    def __init__(self, account: CosmosAccount) -> None:
        self._account = account
        self._container = account.container
        self.events = CosmosEvents(account)

    async def add(self, pet: Pet) -> Stored:
        """See ``PetRepository.add``."""
        document = _document(pet)
        async with self._account.calling(
            self._container, {409: AlreadyExists(pet.id)}
        ) as container:
            write = container.create_item(document)
            kept = await confirmed(write, container, document)
        return Stored(pet, kept["_etag"])

    async def get(self, pet_id: str) -> Stored:
        """See ``PetRepository.get``."""
        if not is_id(pet_id):
            raise NotFound(pet_id)
        async with self._account.calling(self._container, {404: NotFound(pet_id)}) as container:
            kept = await container.read_item(pet_id, pet_id)
        return Stored(Pet.model_validate(kept), kept["_etag"])

    async def find(self, query: PetQuery) -> Page:
        """See ``PetRepository.find``."""
        text, parameters = _list_query(query)
        async with self._account.calling(self._container, {}) as container:
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
        async with self._account.calling(self._container, _refusals(pet.id)) as container:
            write = container.replace_item(pet.id, document, **condition(version))
            kept = await confirmed(write, container, document)
        return Stored(pet, kept["_etag"])

    async def remove(self, pet_id: str, version: str | None = None) -> None:
        """See ``PetRepository.remove``."""
        await self._check_sendable(pet_id, version)
        async with self._account.calling(self._container, _refusals(pet_id)) as container:
            await container.delete_item(pet_id, pet_id, **condition(version))

    async def claim(self, claim: Claim) -> Claim:
        """See ``PetRepository.claim``."""
        from azure.core.exceptions import ResourceExistsError  # noqa: PLC0415

        async with self._account.calling(CLAIMS, {}) as container:
            try:
                await container.create_item(dict(vars(claim)))
            except ResourceExistsError:
                kept = await container.read_item(claim.id, claim.id)
                return Claim(**{name: kept[name] for name in vars(claim)})
        return claim

    async def settle(self, claim: Claim) -> None:
        """See ``PetRepository.settle``."""
        async with self._account.calling(CLAIMS, {}) as container:
            await container.replace_item(claim.id, dict(vars(claim)))

    async def ping(self) -> None:
        """See ``PetRepository.ping``."""
        async with self._account.calling(self._container, {}) as container:
            await container.read()

    async def close(self) -> None:
        """See ``PetRepository.close``."""
        await self._account.close()

    async def _check_sendable(self, pet_id: str, version: str | None) -> None:
        if not is_id(pet_id):
            raise NotFound(pet_id)
        if version is not None and not _SENDABLE.fullmatch(version):
            await self.get(pet_id)
            raise VersionConflict(pet_id)


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


def _refusals(pet_id: str) -> dict[int, PetStoreError]:
    return {404: NotFound(pet_id), 412: VersionConflict(pet_id)}
