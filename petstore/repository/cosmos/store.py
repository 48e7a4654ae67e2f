"""The store on Azure Cosmos DB."""

from collections.abc import Mapping
from typing import override

from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.claims import CosmosClaims
from petstore.repository.cosmos.events import CosmosEvents
from petstore.repository.cosmos.pets import CosmosPets
from petstore.repository.cosmos.quotas import CosmosQuotas
from petstore.repository.port import Store
from petstore.repository.reading import Tally


class CosmosStore(Store):
    """The promises of ``Store`` on Azure Cosmos DB; nothing is connected before the first call.

    Args:
        account: where the containers are.
    """

    def __init__(self, account: CosmosAccount) -> None:
        self._account = account
        self._tally = Tally()
        self.pets = CosmosPets(account, self._tally)
        self.claims = CosmosClaims(account, self._tally)
        self.events = CosmosEvents(account, self._tally)
        self.quotas = CosmosQuotas(account, self._tally)

    @override
    def unreadable(self) -> Mapping[str, int]:
        return self._tally.counts()

    @override
    async def ping(self) -> None:
        async with self._account.use(self._account.container, {}) as container:
            await container.read()

    @override
    async def close(self) -> None:
        await self._account.close()
