"""Events in Azure Cosmos DB; their container deletes them by itself (time to live)."""

from collections.abc import Sequence
from typing import override

from petstore.events import Event
from petstore.repository.cosmos.account import EVENTS, CosmosAccount
from petstore.repository.cosmos.container import Container
from petstore.repository.documents import EVENT
from petstore.repository.port import EventRepository, Stored
from petstore.repository.reading import Row, Tally, full_batch

DUE_QUERY = "SELECT TOP {limit:d} * FROM c WHERE c.due_at <= @until ORDER BY c.due_at ASC"


class CosmosEvents(Container[Event], EventRepository):
    """The promises of ``EventRepository`` on Azure Cosmos DB.

    Args:
        account: where the container is.
        tally: where to count what cannot be read.
    """

    def __init__(self, account: CosmosAccount, tally: Tally) -> None:
        super().__init__(account, EVENTS, EVENT, tally)

    @override
    async def due(self, until: str, limit: int) -> Sequence[Stored[Event]]:
        async def find(count: int) -> list[Row[Event]]:
            return await self._query(DUE_QUERY.format(limit=count), {"until": until}, count)

        return await full_batch(limit, find)
