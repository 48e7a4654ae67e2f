"""One container of an account: partition key ``/id``, one document an item.

A document holds the item's members, the keys that queries compare, and the mark of the write that
made it.
"""

import re
from collections.abc import Mapping
from typing import Any, cast, override

from petstore.errors import AlreadyExists, NotFound, PetStoreError, VersionConflict
from petstore.repository.cosmos.account import CosmosAccount, condition
from petstore.repository.cosmos.writes import confirm, confirm_removal, mark
from petstore.repository.documents import Document, Kind
from petstore.repository.port import Repository, Stored
from petstore.repository.reading import Reader, Row, Tally

# What can be sent as an id, and in an If-Match header as one version; ``*`` and lists mean
# something else there. Nothing of ours looks otherwise.
_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_VERSION = re.compile(r"[!-)+\--~]{1,200}")


class Container[T](Repository[T]):
    """The promises of ``Repository`` on one container.

    Nothing is connected before the first call. A write that ends in StoreUnavailable may have
    been done all the same. Where a connection broke after a write was done and others have written
    since, the write returns an empty version. A removal that is sent again is done when the item
    is gone, by whomever.

    Args:
        account: where the container is.
        name: the container's name.
        kind: what is kept in it.
        tally: where to count what cannot be read.
    """

    def __init__(self, account: CosmosAccount, name: str, kind: Kind[T], tally: Tally) -> None:
        self._account = account
        self._name = name
        self._kind = kind
        self._reader = Reader(kind, tally)

    @override
    async def add(self, item: T) -> Stored[T]:
        document = self._document(item)
        taken = {409: AlreadyExists(document["id"], self._kind.name)}
        async with self._account.use(self._name, taken) as container:
            write = container.create_item(document)
            version = await confirm(write, container, document)
        return Stored(item, version)

    @override
    async def get(self, item_id: str) -> Stored[T]:
        self._check_id(item_id)
        async with self._account.use(self._name, self._refusals(item_id)) as container:
            document = await container.read_item(item_id, item_id)
        return self._reader.one(item_id, document, document["_etag"])

    @override
    async def replace(self, item: T, version: str | None = None) -> Stored[T]:
        document = self._document(item)
        item_id = document["id"]
        await self._check_version(item_id, version)
        async with self._account.use(self._name, self._refusals(item_id)) as container:
            write = container.replace_item(item_id, document, **condition(version))
            version = await confirm(write, container, document)
        return Stored(item, version)

    @override
    async def remove(self, item_id: str, version: str | None = None) -> None:
        await self._check_version(item_id, version)
        async with self._account.use(self._name, self._refusals(item_id)) as container:
            removal = container.delete_item(item_id, item_id, **condition(version))
            await confirm_removal(removal)

    async def _query(self, text: str, values: Mapping[str, object], limit: int) -> list[Row[T]]:
        parameters = [{"name": f"@{name}", "value": value} for name, value in values.items()]
        async with self._account.use(self._name, {}) as container:
            found = container.query_items(text, parameters=parameters, max_item_count=limit)
            return [self._row(document) async for document in found]

    async def _scalar(self, text: str, values: Mapping[str, object]) -> int:
        """Return the number that a query for one aggregate finds, over all partitions."""
        parameters = [{"name": f"@{name}", "value": value} for name, value in values.items()]
        async with self._account.use(self._name, {}) as container:
            found = container.query_items(text, parameters=parameters)
            # The SDK's types know rows only.
            return sum([cast("int", part) async for part in found])

    def _document(self, item: T) -> Document:
        written = self._kind.write(item)
        return mark({**written, **self._kind.keys_of(item)})

    def _row(self, document: Mapping[str, Any]) -> Row[T]:
        return self._reader.row(document["id"], document, document["_etag"])

    def _refusals(self, item_id: str) -> dict[int, PetStoreError]:
        # New ones for each call: an exception gathers the traces of all that raise it.
        name = self._kind.name
        return {404: NotFound(item_id, name), 412: VersionConflict(item_id, name)}

    def _check_id(self, item_id: str) -> None:
        if not _ID.fullmatch(item_id):
            raise NotFound(item_id, self._kind.name)

    async def _check_version(self, item_id: str, version: str | None) -> None:
        self._check_id(item_id)
        if version is not None and not _VERSION.fullmatch(version):
            await self.get(item_id)
            raise VersionConflict(item_id, self._kind.name)
