"""What a function's bindings say, with the settings they name put in."""

import os
import re
from collections.abc import Mapping
from typing import Any

from devhost import app_settings
from devhost.queues import connection_strings
from devhost.queues.service import IN_PROCESS, Queue
from devhost.worker.functions import Function

_SETTING = re.compile("%([^%]+)%")
_QUEUE_NAME = re.compile("[a-z0-9](?:-?[a-z0-9])*")
_QUEUE_NAME_LENGTHS = range(3, 64)
STORAGE = "AzureWebJobsStorage"


class BindingError(ValueError):
    """A binding cannot be used; the message says which setting or value is wrong."""


def kind_of(function: Function) -> str:
    """Return the trigger's kind in lower case, without the word trigger: ``timer``, ``queue``."""
    return str(function.trigger["type"]).lower().removesuffix("trigger")


def queue_outputs(function: Function) -> list[dict[str, Any]]:
    """Return the bindings by which a function puts messages into queues."""
    return [binding for binding in function.bindings if str(binding["type"]).lower() == "queue"]


def resolved(text: str) -> str:
    """Put the environment's value in the place of each ``%NAME%``.

    Raises:
        BindingError: one of them is not set.
    """
    return _SETTING.sub(lambda found: _value_of(found[1], found.string), text)


def queue_of(binding: Mapping[str, Any]) -> Queue:
    """Return the queue of a trigger or an output.

    Raises:
        BindingError: a setting is missing, or the name is none that a queue can have.
    """
    return Queue(_connection_of(binding), queue_name_of(binding))


def queue_name_of(binding: Mapping[str, Any]) -> str:
    """Return the name of a binding's queue, in lower case as the real host does.

    Raises:
        BindingError: a setting is missing, or the name is none that a queue can have.
    """
    name = resolved(str(binding.get("queueName") or "")).lower()
    if not is_queue_name(name):
        raise BindingError(
            f"{name!r} is not a name for a queue: 3 to 63 letters, digits and single hyphens"
        )
    return name


def is_queue_name(name: str) -> bool:
    """Return whether storage takes it as a queue's name."""
    return len(name) in _QUEUE_NAME_LENGTHS and _QUEUE_NAME.fullmatch(name) is not None


def _connection_of(binding: Mapping[str, Any]) -> str:
    """Look a connection up as the real host does.

    ``AzureWebJobsX`` goes before ``X``, and each among the ConnectionStrings before settings.
    """
    name = str(binding.get("connection") or STORAGE)
    for setting in (f"AzureWebJobs{name}", name):
        for place in (f"ConnectionStrings:{setting}", f"ConnectionStrings__{setting}", setting):
            if value := os.environ.get(place):
                return _checked(place, value)
    if app_settings.is_given(name):
        raise BindingError(
            f"{name} is given as {name}__...: this host has no managed identity to use;"
            " it takes a connection string"
        )
    raise BindingError(f"the setting {name} is not set")


def _checked(setting: str, value: str) -> str:
    if value != IN_PROCESS:
        try:
            connection_strings.parse(value)
        except ValueError as error:
            raise BindingError(
                f"the setting {setting} is not a connection string: {error}"
            ) from None
    return value


def _value_of(name: str, text: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise BindingError(f"the setting {name} is not set ({text})")
    return value
