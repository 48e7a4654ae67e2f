"""What the host knows of an app's functions, whoever runs them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from devhost.worker.messages import TypedData


class LoadError(Exception):
    """The worker refuses the app.

    Args:
        message: the worker's reason.
        stack_trace: where it happened, as text.
    """

    def __init__(self, message: str, stack_trace: str = "") -> None:
        super().__init__(message)
        self.stack_trace = stack_trace


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
        """Give the binding that starts the function."""
        return next(b for b in self.bindings if str(b["type"]).lower().endswith("trigger"))

    @property
    def is_http(self) -> bool:
        """Tell whether requests start it."""
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
    """Whatever holds functions and calls them."""

    @property
    def functions(self) -> Sequence[Function]:
        """Give the functions."""

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
            trigger_metadata: what the host tells of the trigger beside its value.
        """


def is_disabled(name: str) -> bool:
    """Return whether a setting switches a function off.

    ``AzureWebJobs.NAME.Disabled`` or ``AzureWebJobs_NAME_Disabled`` in any case, as the real host
    has it; shells drop variables with dots in their names.
    """
    wanted = {f"azurewebjobs{mark}{name}{mark}disabled".lower() for mark in "._"}
    values = (value for setting, value in os.environ.items() if setting.lower() in wanted)
    return any(value.lower() in {"true", "1"} for value in values)
