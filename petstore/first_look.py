"""What whoever starts a process should know of it: its store, and settings that look misspelt."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

from petstore.errors import ConfigurationError, StoreUnavailable
from petstore.repository.port import PetQuery, Store
from petstore.settings import Settings, known_settings

_HOST = "WEBSITE_HOSTNAME"  # name and port of the host, which sets it
_USUAL_PORT = "7071"
_ALIKE = 0.88  # of 1: COSMOS_ENDPONT is like COSMOS_ENDPOINT, WEBSITE_HOSTNAME is nothing of ours

_log = logging.getLogger("petstore")


class FirstLook:
    """Looks at a process once, when it is asked whether it is ready.

    Args:
        environment: where the settings are read from.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._is_done = False

    async def report(self, settings: Callable[[], Settings], store: Callable[[], Store]) -> None:
        """Log, once, where the pets are kept, what looks misspelt, and how to fill an empty store.

        What is wrong with settings or store is left to the answer about readiness.
        """
        if self._is_done:
            return
        self._is_done = True
        for name, meant in find_misspelt(self._environment).items():
            _log.warning("%s is not a setting of this app: did you mean %s?", name, meant)
        with suppress(ConfigurationError, StoreUnavailable):
            _log.info("%s", describe_store(settings()))
            if not settings().in_azure and not (await store().pets.find(PetQuery(limit=1))).items:
                _log.info("the store is empty; `%s` adds 200 pets", self._import_command())

    def _import_command(self) -> str:
        port = self._environment.get(_HOST, "").rpartition(":")[2]
        rest = f" PORT={port}" if port.isdecimal() and port != _USUAL_PORT else ""
        return f"make import FILE=samples/pets.csv{rest}"


def describe_store(settings: Settings) -> str:
    """Return where the pets are kept, without secrets."""
    cosmos = settings.cosmos
    if cosmos is None:
        return f"pets are kept in {settings.sqlite_path.absolute()}"
    place = f"container {cosmos.container} of database {cosmos.database}"
    return f"pets are kept in Cosmos DB at {cosmos.endpoint}, {place}"


def find_misspelt(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables that are almost the name of a setting, each with that name."""
    from difflib import get_close_matches  # noqa: PLC0415 - a cold start asks for pets

    known = {name.upper(): name for name in known_settings()}
    unknown = environment.keys() - {*known.values()}
    close = {name: get_close_matches(name.upper(), known, 1, _ALIKE) for name in sorted(unknown)}
    return {
        name: known[found[0]]
        for name, found in close.items()
        if found and known[found[0]] not in environment
    }
