"""The connection to an Azure Cosmos DB account, and what goes wrong with it.

The SDK is imported at first use: it takes a third of a second, which a process that never asks
the store should not pay.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from petstore.errors import PetStoreError, StoreUnavailable
from petstore.repository.cosmos.layout import create_containers
from petstore.repository.cosmos.writes import count_answer, open_session
from petstore.repository.credentials import app_credential
from petstore.usage import add_charge, timed

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.exceptions import AzureError
    from azure.core.pipeline import PipelineResponse
    from azure.cosmos.aio import ContainerProxy, DatabaseProxy

# How long one call may take in all, in seconds; the rest of the promised 5 is for the first import.
_DEADLINE = 4.0
_PATIENCE: dict[str, Any] = {
    "connection_timeout": 2,  # seconds
    "read_timeout": 3,  # seconds
    "retry_total": 1,
    "retry_connect": 1,
    "retry_read": 1,
    # With a fixed pause the last refusal arrives within the deadline, and says how long to wait.
    "retry_throttle_total": 1,
    "retry_fixed_interval": 500,  # milliseconds
}
# Answers to a request that we should not have sent: bugs, not conditions of the store.
_OUR_BUGS = {400, 413}
# Substatus of a 404 from a region that has not caught up with our own writes yet.
_REPLICA_BEHIND = 1002


class CosmosAccount:
    """One database of an account.

    Nothing is connected before the first call.

    Args:
        endpoint: the account's URL.
        key: the account's key. With a key the database and the containers are created when they are
            missing; without one an identity is used, which may not do that.
        client_id: which user-assigned managed identity; None for the system-assigned one.
        database: name of the database.
        container: name of the container of the pets.
        in_azure: whether the identity is the app's managed one; elsewhere it is the one that is
            logged in with ``az login``, unless ``client_id`` names a managed one.
        environment: where Azure says how to get tokens.

    Attributes:
        container: the same.
    """

    def __init__(  # noqa: PLR0913 - an account's coordinates
        self,
        endpoint: str,
        key: str | None,
        client_id: str | None,
        database: str,
        container: str,
        *,
        in_azure: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._key = key
        self._client_id = client_id
        self._database = database
        self.container = container
        self._in_azure = in_azure
        self._environment = environment or {}
        self._opening = asyncio.Lock()
        self._opened: DatabaseProxy | None = None
        self._connections = AsyncExitStack()

    async def close(self) -> None:
        """Close every connection; the next call connects again."""
        self._opened = None
        await self._connections.aclose()

    @asynccontextmanager
    async def use(
        self, name: str, refusals: Mapping[int, PetStoreError]
    ) -> AsyncIterator["ContainerProxy"]:
        """Yield a container for one call that ends in time and fails only with our errors.

        Args:
            name: which container.
            refusals: the status codes that this call may meet, and what they mean.

        Raises:
            StoreUnavailable: within 5 seconds.
        """
        from azure.core.exceptions import AzureError

        if self._opened is None:
            import_sdk()
        try:
            async with asyncio.timeout(_DEADLINE):
                with timed():
                    database = await self._open()
                    yield database.get_container_client(name)
        except TimeoutError as error:
            raise StoreUnavailable(f"Cosmos DB: no answer within {_DEADLINE:g} s") from error
        except AzureError as error:
            if getattr(error, "status_code", None) in _OUR_BUGS and self._opened is not None:
                raise
            raise self._translate(error, refusals, name) from error

    def _translate(
        self, error: "AzureError", refusals: Mapping[int, PetStoreError], name: str
    ) -> PetStoreError:
        from azure.core.exceptions import ClientAuthenticationError

        status = getattr(error, "status_code", None) or 0
        sub_status = getattr(error, "sub_status", None) or 0
        if status in refusals and not (status == 404 and sub_status):  # noqa: PLR2004 - HTTP's
            return refusals[status]
        if status == 404 and sub_status != _REPLICA_BEHIND:  # noqa: PLR2004 - HTTP's
            place = f"container {name!r} in database {self._database!r}"
            return StoreUnavailable(f"Cosmos DB: there is no {place}")
        if status in {401, 403}:
            who = "identity" if self._key is None else "key"
            return StoreUnavailable(f"Cosmos DB refuses our {who}: {_one_line(error)}")
        if isinstance(error, ClientAuthenticationError) and not self._in_azure:
            remedy = "set COSMOS_KEY, or run `az login`"
            return StoreUnavailable(
                f"Cosmos DB at {self._endpoint}: no credential: {remedy} ({_one_line(error)})"
            )
        return StoreUnavailable(
            f"Cosmos DB at {self._endpoint}: {_one_line(error)}", _retry_after(error)
        )

    async def _open(self) -> "DatabaseProxy":
        if self._opened is None:
            async with self._opening:
                if self._opened is None:
                    self._opened = await self._connect()
        return self._opened

    async def _connect(self) -> "DatabaseProxy":
        from azure.core.pipeline.transport import AioHttpTransport
        from azure.cosmos.aio import CosmosClient

        async with AsyncExitStack() as connections:
            # Of the SDK's own session aiohttp looks for a netrc file, in another thread, at every
            # request.
            session = open_session()
            connections.push_async_callback(session.close)
            client = CosmosClient(
                self._endpoint,
                self._key or self._identity(connections),
                transport=AioHttpTransport(session=session),
                raw_response_hook=_count,
                enable_endpoint_discovery=not _is_emulator(self._endpoint),
                **_PATIENCE,
            )
            connections.push_async_callback(client.close)
            await client.__aenter__()
            if self._key is not None:
                await create_containers(client, self._database, self.container)
            database = client.get_database_client(self._database)
            # The SDK needs the container's properties, and keeps them.
            await database.get_container_client(self.container).read()
            # From here on close() closes them; until here, each failure does.
            self._connections = connections.pop_all()
        return database

    def _identity(self, connections: AsyncExitStack) -> "AsyncTokenCredential":
        identity = app_credential(self._environment, self._client_id, in_azure=self._in_azure)
        connections.push_async_callback(identity.close)
        return identity


def _count(response: "PipelineResponse[Any, Any]") -> None:
    count_answer(response)
    units = response.http_response.headers.get("x-ms-request-charge")
    if units:
        add_charge(float(units))


def condition(version: str | None) -> dict[str, Any]:
    """Return the arguments of a write that must meet this version; none for any version."""
    from azure.core import MatchConditions

    if version is None:
        return {}
    return {"etag": version, "match_condition": MatchConditions.IfNotModified}


def _is_emulator(endpoint: str) -> bool:
    # Emulators name regions that cannot be reached, so the SDK must not look for any.
    parts = urlsplit(endpoint)
    return parts.scheme == "http" or parts.hostname in {"localhost", "127.0.0.1", "::1"}


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _retry_after(error: "AzureError") -> int:
    milliseconds = (getattr(error, "headers", None) or {}).get("x-ms-retry-after-ms", "")
    return max(1, -(-int(milliseconds) // 1000)) if milliseconds.isdecimal() else 1


def import_sdk() -> None:
    """Import what the first call needs: half of a cold start."""
    from azure.core.pipeline.transport import AioHttpTransport  # noqa: F401 - aiohttp
