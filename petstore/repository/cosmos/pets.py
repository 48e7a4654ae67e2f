"""Pets in Azure Cosmos DB for NoSQL."""

import asyncio
from collections.abc import Mapping
from typing import override

from petstore.limits import STATUSES, Status
from petstore.pet import Pet
from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.container import Container
from petstore.repository.documents import PET
from petstore.repository.port import Page, PetQuery, PetRepository
from petstore.repository.reading import Row, Tally, full_page

CONDITIONS = {
    "species": "c.species_key = @species",
    "status": "c.status = @status",
    "tag": "ARRAY_CONTAINS(c.tag_keys, @tag)",
    "owner_id": "c.owner_id = @owner_id",
    "buyer_id": "c.buyer_id = @buyer_id",
    "name_prefix": "STARTSWITH(c.name_key, @name_prefix)",
}

# The SDK knows no GROUP BY: one question for each status.
COUNT_QUERY = "SELECT VALUE COUNT(1) FROM c WHERE c.status = @status"


class CosmosPets(Container[Pet], PetRepository):
    """The promises of ``PetRepository`` on Azure Cosmos DB.

    Args:
        account: where the container is, which names it.
        tally: where to count what cannot be read.
    """

    def __init__(self, account: CosmosAccount, tally: Tally) -> None:
        super().__init__(account, account.container, PET, tally)

    @override
    async def find(self, query: PetQuery) -> Page[Pet]:
        return await full_page(query, self._find)

    @override
    async def count(self) -> Mapping[Status, int]:
        counts = await asyncio.gather(*map(self._count, STATUSES))
        return dict(zip(STATUSES, counts, strict=True))

    async def _count(self, status: Status) -> int:
        return await self._scalar(COUNT_QUERY, {"status": status})

    async def _find(self, query: PetQuery) -> list[Row[Pet]]:
        text, values = _list_query(query)
        return await self._query(text, values, query.limit)


def _list_query(query: PetQuery) -> tuple[str, dict[str, object]]:
    conditions = {name: text for name, text in CONDITIONS.items() if vars(query)[name] is not None}
    if query.after is not None:
        conditions["after"] = "c.id < @after" if query.newest_first else "c.id > @after"
    where = f" WHERE {' AND '.join(conditions.values())}" if conditions else ""
    order = "DESC" if query.newest_first else "ASC"
    # Only the fixed texts above and a number are put together here; every value is bound.
    text = f"SELECT TOP {query.limit:d} * FROM c{where} ORDER BY c.id {order}"  # noqa: S608
    return text, {name: vars(query)[name] for name in conditions}
