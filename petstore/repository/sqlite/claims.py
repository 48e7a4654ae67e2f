"""Claims in SQLite; expired ones are deleted when the next is added."""

from petstore.repository.documents import CLAIM
from petstore.repository.port import CLAIM_SECONDS, Claim, ClaimRepository
from petstore.repository.reading import Tally
from petstore.repository.sqlite.file import SqliteFile
from petstore.repository.sqlite.table import Table


class SqliteClaims(Table[Claim], ClaimRepository):
    """The promises of ``ClaimRepository`` on one table.

    Args:
        file: the database.
        tally: where to count what cannot be read.
    """

    def __init__(self, file: SqliteFile, tally: Tally) -> None:
        super().__init__(file, "claims", CLAIM, tally, kept_seconds=CLAIM_SECONDS)
