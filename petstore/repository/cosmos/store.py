"""The store on Azure Cosmos DB."""

from typing import override

from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.claims import CosmosClaims
from petstore.repository.cosmos.events import CosmosEvents
from petstore.repository.cosmos.pets import CosmosPets
from petstore.repository.port import Store


class CosmosStore(Store):
    """The promises of ``Store`` on Azure Cosmos DB; nothing is connected before the first call.

    Args:
        account: where the containers are.
    """

    def __init__(self, account: CosmosAccount) -> None:
        self._account = account
        self.pets = CosmosPets(account)
        self.claims = CosmosClaims(account)
        self.events = CosmosEvents(account)

    @override
    async def ping(self) -> None:
        async with self._account.calling(self._account.container, {}) as container:
            await container.read()

    @override
    async def close(self) -> None:
        await self._account.close()
