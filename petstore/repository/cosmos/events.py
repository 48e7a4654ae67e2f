"""Events in Azure Cosmos DB; their container deletes them by itself (time to live)."""

from collections.abc import Sequence
from typing import override

from petstore.events import Event
from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.container import Container
from petstore.repository.cosmos.layout import EVENTS
from petstore.repository.documents import EVENT
from petstore.repository.port import EventRepository, Stored
from petstore.repository.reading import Row, Tally, full_batch

DUE_QUERY = (
    "SELECT TOP {limit:d} * FROM c WHERE c.due_at <= @until AND c.due_at > @after{besides}"
    " ORDER BY c.due_at ASC"
)
# Only asked when very many are due: an index on the caller would cost at every write.
_BESIDES = " AND NOT ARRAY_CONTAINS(@besides, c.caller)"


class CosmosEvents(Container[Event], EventRepository):
    """The promises of ``EventRepository`` on Azure Cosmos DB.

    Args:
        account: where the container is.
        tally: where to count what cannot be read.
    """

    def __init__(self, account: CosmosAccount, tally: Tally) -> None:
        super().__init__(account, EVENTS, EVENT, tally)

    @override
    async def due(
        self, until: str, limit: int, *, after: str = "", besides: Sequence[str | None] = ()
    ) -> Sequence[Stored[Event]]:
        values: dict[str, object] = {"until": until, "after": after}
        if besides:
            values["besides"] = list(besides)

        async def find(count: int) -> list[Row[Event]]:
            text = DUE_QUERY.format(limit=count, besides=_BESIDES if besides else "")
            return await self._query(text, values, count)

        return await full_batch(limit, find)
