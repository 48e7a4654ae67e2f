"""What a process is made of, built on first need: settings, identity, store, and the rules on it.

The only place that picks a store. What it imports late is what a cold start would pay for before
the first request: pydantic, and the store's own packages.
"""

import logging
from collections.abc import Mapping
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from petstore.errors import ConfigurationError, KeysUnavailable, Unauthorized
from petstore.identity import ANYBODY, Caller, Identity
from petstore.repository.port import Store
from petstore.settings import (
    NotificationBindings,
    Settings,
    read_notification_bindings,
    read_settings,
)

if TYPE_CHECKING:
    from petstore.backlog import Backlog
    from petstore.notifications import Notifications
    from petstore.orders import Orders
    from petstore.pets import Pets
    from petstore.relay import Relay

NO_JWT = "neither JWT_SECRET nor JWT_JWKS_URL is set; nobody may write"
_OPEN = "neither JWT_SECRET nor JWT_JWKS_URL is set: everybody may write"
_NO_QUEUE = "AzureWebJobsStorage is not set: events are kept, and no mail is sent"

_log = logging.getLogger("petstore")


class Wiring:
    """The parts of one process.

    A part that could not be built is built again at the next call: ``cached_property`` keeps
    successes only.

    Args:
        environment: where the settings are read from.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._is_reported = False
        self._importing = Lock()

    @cached_property
    def settings(self) -> Settings:
        """The settings; ConfigurationError while they are wrong."""
        return read_settings(self._environment)

    @cached_property
    def identity(self) -> Identity | None:
        """What checks tokens; None where they are not checked. Raises as ``settings`` does."""
        if self.settings.jwt is None:
            return None
        self.import_ahead()
        return Identity(self.settings.jwt)

    @cached_property
    def uncached_store(self) -> Store:
        """The store, for what must never read an old pet: mails are about what is stored.

        Raises:
            ConfigurationError: settings are missing or wrong.
            StoreUnavailable: the store cannot be opened.
        """
        self.import_ahead()
        return _open(self.settings, self._environment)

    @cached_property
    def store(self) -> Store:
        """The store, with the cache in front of it if there is one; raises as the other does."""
        store, cache = self.uncached_store, self.settings.cache
        if cache is None:
            return store
        from petstore.repository.cached import with_cache

        return with_cache(store, cache, self._environment, in_azure=self.settings.in_azure)

    @property
    def background(self) -> NotificationBindings | None:
        """What the background triggers are bound to; None where they cannot run."""
        return read_notification_bindings(self._environment)

    def pets(self, caller: Caller = ANYBODY) -> "Pets":
        """Return the rules about pets, on a caller's behalf; raises as ``store`` does."""
        from petstore.pets import Pets

        return Pets(self.store, caller)

    def orders(self, caller: Caller = ANYBODY) -> "Orders":
        """Return the rules about orders, on a caller's behalf; raises as ``store`` does."""
        from petstore.orders import Orders

        return Orders(self.store, caller)

    def relay(self) -> "Relay":
        """Return what takes events to the queue; raises as ``store`` does."""
        from petstore.mail_caps import Caps
        from petstore.relay import Relay

        store = self.uncached_store
        return Relay(store, Caps(store.quotas, self.settings.mail_caps))

    def notifications(self) -> "Notifications":
        """Return what takes messages of the queue to the mail server; raises as ``store`` does."""
        from petstore.mail import Mailer
        from petstore.notifications import Notifications

        settings = self.settings
        mailer = None if settings.mail is None else Mailer(settings.mail)
        return Notifications(self.uncached_store, mailer, f"{settings.queue}-poison")

    def backlog(self) -> "Backlog":
        """Return the events that are pending or have failed; raises as ``store`` does."""
        from petstore.backlog import Backlog

        return Backlog(self.uncached_store.events)

    async def caller(self, authorization: str | None) -> Caller:
        """Return who is calling; there must be somebody.

        Raises:
            Unauthorized: no token, or an invalid one.
            ConfigurationError: in Azure, where nobody may write while no way to check is set.
            KeysUnavailable: the key set is unavailable.
        """
        if self.identity is not None:
            return await self.identity.caller(authorization)
        if self.settings.in_azure:
            raise ConfigurationError([NO_JWT])
        return ANYBODY

    async def caller_if_any(self, authorization: str | None) -> Caller | None:
        """Return who is calling, where a valid token says so; else None.

        What anybody may read is not refused to a caller whose credential is foreign or stale, or
        cannot be checked now; ConfigurationError while settings are wrong.
        """
        if authorization is None or self.identity is None:
            return None
        try:
            return await self.identity.caller(authorization)
        except (Unauthorized, KeysUnavailable):
            return None

    def import_ahead(self) -> None:
        """Import what the first request of this configuration needs.

        For a thread: no part is built. One thread at a time: where two enter a package with a
        circle of imports at different places, such as azure.core, one of them finds it half done.
        Raises ConfigurationError as ``settings`` does.
        """
        with self._importing:
            self._import()

    def _import(self) -> None:
        from petstore import pets  # noqa: F401

        if self.settings.jwt is not None:
            import jwt  # noqa: F401
        if self.settings.cache is not None:
            from petstore.repository import cached  # noqa: F401
            from petstore.repository.cache.link import import_client

            import_client()
        if self.settings.cosmos is None:
            from petstore.repository.sqlite import store  # noqa: F401

            return
        from petstore.repository.cosmos import store as cosmos_store  # noqa: F401
        from petstore.repository.cosmos.account import import_sdk

        import_sdk()

    def report(self) -> None:
        """Log, once, what the operators should know.

        To be called within an invocation: the Functions host drops what is logged outside of one.
        """
        if self._is_reported:
            return
        self._is_reported = True
        try:
            if self.settings.jwt is None:
                _log.warning("%s", NO_JWT if self.settings.in_azure else _OPEN)
            if self.background is None:
                _log.warning("%s", _NO_QUEUE)
        except ConfigurationError as error:
            _log.error("settings are wrong, every request will be refused: %s", error)

    async def close(self) -> None:
        """Close the store; the next call builds every part again, from the settings of then."""
        self.__dict__.pop("settings", None)
        self.__dict__.pop("identity", None)
        uncached: Store | None = self.__dict__.pop("uncached_store", None)
        store: Store | None = self.__dict__.pop("store", uncached)
        if store is not None:
            await store.close()


def _open(settings: Settings, environment: Mapping[str, str]) -> Store:
    if settings.cosmos is None:
        from petstore.repository.sqlite.store import SqliteStore

        return SqliteStore(settings.sqlite_path)
    from petstore.repository.cosmos.account import CosmosAccount
    from petstore.repository.cosmos.store import CosmosStore

    account = CosmosAccount(
        **vars(settings.cosmos), in_azure=settings.in_azure, environment=environment
    )
    return CosmosStore(account)
