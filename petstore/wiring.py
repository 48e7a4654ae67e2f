"""Builds the store and the rules on it, once per process and on first need.

The only place that picks a store. What it imports late is what a cold start would pay for before
the first request: pydantic, and the store's own packages.
"""

import logging
import os
from typing import TYPE_CHECKING

from petstore.errors import ConfigurationError
from petstore.identity import ANYBODY, Caller, Identity
from petstore.repository.port import Store
from petstore.settings import Background, Settings, read_background, read_settings

if TYPE_CHECKING:
    from petstore.notifications import Notifications
    from petstore.pets import Pets

NO_JWT = "neither JWT_SECRET nor JWT_JWKS_URL is set; nobody may write"
_OPEN = "neither JWT_SECRET nor JWT_JWKS_URL is set: everybody may write"
_NO_QUEUE = "AzureWebJobsStorage is not set: events are kept, and no mail is sent"

_log = logging.getLogger("petstore")
_settings: Settings | None = None
_identity: Identity | None = None
_store: Store | None = None


def settings() -> Settings:
    """Give this process's settings; ConfigurationError, at each call, while they are wrong."""
    global _settings  # noqa: PLW0603 - one environment per process
    if _settings is None:
        _settings = read_settings(os.environ)
    return _settings


def pets(caller: Caller = ANYBODY) -> "Pets":
    """Give the rules on this process's store, on a caller's behalf; raises as ``store`` does."""
    from petstore.pets import Pets  # noqa: PLC0415

    return Pets(store(), caller)


def background() -> Background | None:
    """Tell what the background triggers are bound to; None where they cannot run."""
    return read_background(os.environ)


def notifications() -> "Notifications":
    """Give what follows a create; raises as ``store`` does."""
    from petstore.mail import Mailer  # noqa: PLC0415
    from petstore.notifications import Notifications  # noqa: PLC0415

    mailer = None if (mail := settings().mail) is None else Mailer(mail)
    return Notifications(store(), mailer, f"{settings().queue}-poison")


async def writer(authorization: str | None) -> Caller:
    """Give the caller who wants to write.

    Raises:
        Unauthorized: no token, or one that is not good.
        ConfigurationError: in Azure, where nobody may write while no way to check is set.
        StoreUnavailable: the key set cannot be had.
    """
    global _identity  # noqa: PLW0603 - it keeps the issuer's keys
    checked = settings().jwt
    if checked is None:
        if settings().in_azure:
            raise ConfigurationError([NO_JWT])
        return ANYBODY
    if _identity is None:
        _identity = Identity(checked)
    return await _identity.caller(authorization)


async def reader(authorization: str | None) -> Caller | None:
    """Give the caller who reads, when there is a token and a way to check it; else None."""
    if authorization is None or settings().jwt is None:
        return None
    return await writer(authorization)


def report() -> None:
    """Log at the start what the operators should know."""
    try:
        if settings().jwt is None:
            _log.warning("%s", NO_JWT if settings().in_azure else _OPEN)
        if background() is None:
            _log.info("%s", _NO_QUEUE)
    except ConfigurationError as error:
        _log.error("settings are wrong, every request will be refused: %s", error)


def store() -> Store:
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
    global _settings, _identity, _store  # noqa: PLW0603 - see above
    _settings = _identity = None
    if _store is not None:
        closing, _store = _store, None
        await closing.close()


def _open(settings: Settings) -> Store:
    if settings.cosmos is None:
        from petstore.repository.sqlite.store import SqliteStore  # noqa: PLC0415

        return SqliteStore(settings.sqlite_path)
    from petstore.repository.cosmos.account import CosmosAccount  # noqa: PLC0415
    from petstore.repository.cosmos.store import CosmosStore  # noqa: PLC0415

    return CosmosStore(CosmosAccount(**vars(settings.cosmos), in_azure=settings.in_azure))
