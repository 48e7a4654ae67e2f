"""The app's identity towards Azure's services; without it a laptop's, of ``az login``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def app_credential(
    environment: Mapping[str, str], client_id: str | None, *, in_azure: bool
) -> "AsyncTokenCredential":
    """Return what gets tokens for the app; nothing is asked yet.

    Args:
        environment: where Azure says how to get tokens.
        client_id: which user-assigned managed identity; None for the system-assigned one.
        in_azure: whether the identity is the app's managed one; elsewhere it is the one that is
            logged in with ``az login``, unless ``client_id`` names a managed one.
    """
    if in_azure:
        from petstore.managed_identity import ManagedIdentityCredential as OwnCredential

        return OwnCredential(environment, client_id)
    from azure.identity.aio import AzureCliCredential, ManagedIdentityCredential

    if client_id is not None:
        return ManagedIdentityCredential(client_id=client_id)
    return AzureCliCredential()
