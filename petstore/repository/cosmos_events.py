"""Events in Azure Cosmos DB: one container, partition key ``/id``, one document an event.

The container deletes them by itself (time to live). A document holds the event's own members and
the mark of the write that made it.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from petstore.errors import PetStoreError
from petstore.events import Event
from petstore.repository import StoredEvent
from petstore.repository.cosmos_account import EVENTS, CosmosAccount, condition, confirmed

DUE_QUERY = "SELECT TOP {limit:d} * FROM c WHERE c.due_at <= @until ORDER BY c.due_at ASC"


class _Refused(PetStoreError):
    """The write met another version, or the event is there or gone."""


class CosmosEvents:
    """The promises of ``EventRepository``.

    Args:
        account: where the container is.
    """

    def __init__(self, account: CosmosAccount) -> None:
        self._account = account

    async def add(self, event: Event) -> bool:
        """See ``EventRepository.add``."""
        document = _document(event)
        try:
            async with self._account.calling(EVENTS, {409: _Refused()}) as container:
                await confirmed(container.create_item(document), container, document)
        except _Refused:
            return False
        return True

    async def get(self, event_id: str) -> StoredEvent | None:
        """See ``EventRepository.get``."""
        try:
            async with self._account.calling(EVENTS, {404: _Refused()}) as container:
                return _stored(await container.read_item(event_id, event_id))
        except _Refused:
            return None

    async def due(self, until: str, limit: int) -> Sequence[StoredEvent]:
        """See ``EventRepository.due``."""
        parameters: list[dict[str, Any]] = [{"name": "@until", "value": until}]
        async with self._account.calling(EVENTS, {}) as container:
            found = container.query_items(
                DUE_QUERY.format(limit=limit), parameters=parameters, max_item_count=limit
            )
            return [_stored(document) async for document in found]

    async def replace(self, event: Event, version: str) -> str | None:
        """See ``EventRepository.replace``."""
        document = _document(event)
        try:
            async with self._account.calling(EVENTS, _gone()) as container:
                write = container.replace_item(event.id, document, **condition(version))
                kept = await confirmed(write, container, document)
        except _Refused:
            return None
        return str(kept["_etag"])

    async def remove(self, event_id: str, version: str) -> bool:
        """See ``EventRepository.remove``."""
        try:
            async with self._account.calling(EVENTS, _gone()) as container:
                await container.delete_item(event_id, event_id, **condition(version))
        except _Refused:
            return False
        return True


def _gone() -> dict[int, PetStoreError]:
    # New ones for each call: an exception gathers the traces of all that raise it.
    return {404: _Refused(), 412: _Refused()}


def _document(event: Event) -> dict[str, Any]:
    return {**vars(event), "write": secrets.token_hex(8)}


def _stored(document: Mapping[str, Any]) -> StoredEvent:
    event = Event(**{field.name: document[field.name] for field in fields(Event)})
    return StoredEvent(event, document["_etag"])
