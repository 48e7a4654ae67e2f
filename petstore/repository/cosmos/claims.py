"""Claims in Azure Cosmos DB; their container deletes them by itself (time to live)."""

from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.container import Container
from petstore.repository.cosmos.layout import CLAIMS
from petstore.repository.documents import CLAIM
from petstore.repository.port import Claim, ClaimRepository
from petstore.repository.reading import Tally


class CosmosClaims(Container[Claim], ClaimRepository):
    """The promises of ``ClaimRepository`` on Azure Cosmos DB.

    Args:
        account: where the container is.
        tally: where to count what cannot be read.
    """

    def __init__(self, account: CosmosAccount, tally: Tally) -> None:
        super().__init__(account, CLAIMS, CLAIM, tally)
