"""Quotas in SQLite; expired ones are deleted when the next is added."""

from petstore.repository.documents import QUOTA
from petstore.repository.port import QUOTA_SECONDS, Quota, QuotaRepository
from petstore.repository.reading import Tally
from petstore.repository.sqlite.file import SqliteFile
from petstore.repository.sqlite.table import Table


class SqliteQuotas(Table[Quota], QuotaRepository):
    """The promises of ``QuotaRepository`` on one table.

    Args:
        file: the database.
        tally: where to count what cannot be read.
    """

    def __init__(self, file: SqliteFile, tally: Tally) -> None:
        super().__init__(file, "quotas", QUOTA, tally, kept_seconds=QUOTA_SECONDS)
