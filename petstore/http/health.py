"""Readiness: can requests be served?"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus

import azure.functions as func

from petstore.errors import ConfigurationError, PetStoreError, StoreUnavailable, Unauthorized
from petstore.http.problems import problem
from petstore.http.responses import json_answer
from petstore.repository.port import Store

_log = logging.getLogger("petstore")


async def readiness(
    store: Callable[[], Store],
    caller: Callable[[str | None], Awaitable[object]],
    in_azure: Callable[[], bool],
) -> func.HttpResponse:
    """Check the settings and ask the store for a sign of life.

    Where this process has met items that it cannot read, it warns and says how many of each kind.
    Wrong settings are answered with their names, for whoever deploys; never with their values.
    What is wrong with the store is answered at home, where the dev host prints it; in Azure only
    the log has it.

    Raises:
        StoreUnavailable: in Azure the store does not answer.
    """
    try:
        # A request without a token says nothing about the settings.
        with suppress(Unauthorized):
            await caller(None)
        await store().ping()
        unreadable = dict(store().unreadable())
    except ConfigurationError as error:
        # The log has wrong settings already, once; at home the answer is enough.
        with suppress(ConfigurationError):
            if in_azure():
                _log.error("not ready: %s", error)
        return _not_ready(error)
    except StoreUnavailable as error:
        if in_azure():
            raise
        return _not_ready(error, {"Retry-After": str(error.retry_after)})
    checks = {"settings": "pass", "store": "pass"}
    if unreadable:
        checks["documents"] = "warn"
        return json_answer({"status": "warn", "checks": checks, "unreadable": unreadable})
    return json_answer({"status": "pass", "checks": checks})


def _not_ready(error: PetStoreError, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return problem(status, "Service unavailable", f"{error}.", headers=headers)
