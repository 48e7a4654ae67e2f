"""An app's functions as the host sees them."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from devhost.worker.messages import TypedData

# A letter, then up to 127 letters, digits, _ and -.
_NAME = re.compile("[A-Za-z][A-Za-z0-9_-]{0,127}")


class LoadError(Exception):
    """The worker refuses the app.

    Args:
        message: the worker's reason.
        stack_trace: where it happened, as text.
    """

    def __init__(self, message: str, stack_trace: str = "") -> None:
        super().__init__(message)
        self.stack_trace = stack_trace


class StartError(Exception):
    """The real host does not start with this app; the message says why.

    Attributes:
        function: the function that causes it; empty for none.
    """

    def __init__(self, function: str, reason: str) -> None:
        super().__init__(reason)
        self.function = function


@dataclass(frozen=True)
class Function:
    """A function that the worker found in the app.

    Attributes:
        name: its name.
        function_id: how the worker calls it.
        bindings: its bindings, as the host would read them from function.json.
    """

    name: str
    function_id: str
    bindings: tuple[dict[str, Any], ...]

    @property
    def trigger(self) -> dict[str, Any]:
        """Return the binding that starts the function."""
        return next(b for b in self.bindings if str(b["type"]).lower().endswith("trigger"))

    @property
    def is_http(self) -> bool:
        """Return whether requests start it."""
        return str(self.trigger["type"]).lower() == "httptrigger"


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended.

    Attributes:
        returned: what the function returned, or None.
        outputs: what it set on its output bindings, by name.
        failure: the exception's message and stack trace, or None.
    """

    returned: TypedData | None
    outputs: Mapping[str, TypedData]
    failure: tuple[str, str] | None


class Runner(Protocol):
    """Holds functions and calls them."""

    @property
    def functions(self) -> Sequence[Function]:
        """Return the functions that the host takes, in its order: by name."""

    async def invoke(
        self,
        function: Function,
        inputs: Mapping[str, TypedData],
        trigger_metadata: Mapping[str, TypedData] | None = None,
    ) -> Outcome:
        """Call a function.

        Args:
            function: one of ``functions``.
            inputs: a value for each input binding, by the binding's name.
            trigger_metadata: what the host passes about the trigger besides its value.
        """


class Loaded(Runner, Protocol):
    """A ``Runner`` with the functions of an app."""

    @property
    def left_out(self) -> Sequence[str]:
        """Return names of functions that the real host leaves out because of these names."""


def is_disabled(name: str) -> bool:
    """Return whether a setting switches a function off.

    ``AzureWebJobs.NAME.Disabled`` or ``AzureWebJobs_NAME_Disabled`` in any case, as in the real
    host; shells drop variables with dots in their names.
    """
    wanted = {f"azurewebjobs{mark}{name}{mark}disabled".lower() for mark in "._"}
    values = (value for setting, value in os.environ.items() if setting.lower() in wanted)
    return any(value.lower() in {"true", "1"} for value in values)


def is_legal_name(name: str) -> bool:
    """Return whether the real host loads a function of this name; it leaves others out."""
    return _NAME.fullmatch(name) is not None and name.lower() != "host"


def check_names(functions: Iterable[Function]) -> None:
    """Refuse two names that differ in case only; StartError, as the real host does not start."""
    seen: dict[str, str] = {}
    for function in functions:
        earlier = seen.setdefault(function.name.lower(), function.name)
        if earlier != function.name:
            reason = f"the names {earlier} and {function.name} differ in case only. Rename one."
            raise StartError(function.name, reason)
