"""Quotas in Azure Cosmos DB: next to the events, each with a time to live of its own."""

from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.container import Container
from petstore.repository.cosmos.layout import EVENTS
from petstore.repository.documents import QUOTA
from petstore.repository.port import Quota, QuotaRepository
from petstore.repository.reading import Tally


class CosmosQuotas(Container[Quota], QuotaRepository):
    """The promises of ``QuotaRepository`` on Azure Cosmos DB.

    Args:
        account: where the container is.
        tally: where to count what cannot be read.
    """

    def __init__(self, account: CosmosAccount, tally: Tally) -> None:
        super().__init__(account, EVENTS, QUOTA, tally)
