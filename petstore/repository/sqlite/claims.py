"""Claims in SQLite; expired ones are deleted when the next is added."""

from petstore.repository.documents import CLAIM
from petstore.repository.port import CLAIM_SECONDS, Claim, ClaimRepository
from petstore.repository.sqlite.file import SqliteFile
from petstore.repository.sqlite.table import Table


class SqliteClaims(Table[Claim], ClaimRepository):
    """The promises of ``ClaimRepository`` on one table.

    Args:
        file: the database.
    """

    def __init__(self, file: SqliteFile) -> None:
        super().__init__(file, "claims", CLAIM, kept_seconds=CLAIM_SECONDS)
