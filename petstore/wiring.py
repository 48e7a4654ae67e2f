"""Builds the store and the rules on it, once per process and on first need.

The only place that picks a store. What it imports late is what a cold start would pay for before
the first request: pydantic, and the store's own packages.
"""

import os
from typing import TYPE_CHECKING

from petstore.repository import PetRepository, Stored
from petstore.settings import Settings, read_settings

if TYPE_CHECKING:
    from petstore.pets import Pets

_settings: Settings | None = None
_store: PetRepository | None = None


def settings() -> Settings:
    """Give this process's settings; ConfigurationError, at each call, while they are wrong."""
    global _settings  # noqa: PLW0603 - one environment per process
    if _settings is None:
        _settings = read_settings(os.environ)
    return _settings


def pets() -> "Pets":
    """Give the rules on this process's store; raises as ``store`` does."""
    from petstore.pets import Pets  # noqa: PLC0415

    return Pets(store())


async def create_once(body: object, key: str) -> "tuple[Stored, bool]":
    """Create a pet once for each key; see ``idempotency.create_once``. Raises as ``store`` too."""
    from petstore import idempotency  # noqa: PLC0415

    return await idempotency.create_once(store(), body, key)


def store() -> PetRepository:
    """Give this process's store.

    Raises:
        ConfigurationError: settings are missing or wrong; asked again at the next call.
        StoreUnavailable: the store cannot be opened; tried again at the next call.
    """
    global _store  # noqa: PLW0603 - one store per process is the point
    if _store is None:
        _store = _open(settings())
    return _store


async def close() -> None:
    """Close the store; the next call of ``store`` opens it anew, from the settings of then."""
    global _settings, _store  # noqa: PLW0603 - see above
    _settings = None
    if _store is not None:
        closing, _store = _store, None
        await closing.close()


def _open(settings: Settings) -> PetRepository:
    if settings.cosmos is None:
        from petstore.repository.sqlite import SqlitePets  # noqa: PLC0415

        return SqlitePets(settings.sqlite_path)
    from petstore.repository.cosmos import CosmosPets  # noqa: PLC0415

    return CosmosPets(**vars(settings.cosmos))
