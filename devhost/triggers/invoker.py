"""Calls functions, and sends what they put into their queue outputs."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from devhost import log
from devhost.triggers.outputs import OutputError, Outputs
from devhost.worker.functions import Function, Outcome, Runner
from devhost.worker.messages import TypedData

_log = logging.getLogger("devhost")


class Invoker:
    """Calls functions for all triggers.

    Args:
        worker: the loaded app.
        outputs: what sends their messages.
    """

    def __init__(self, worker: Runner, outputs: Outputs) -> None:
        self._worker = worker
        self._outputs = outputs

    async def invoke(
        self,
        function: Function,
        inputs: Mapping[str, TypedData],
        trigger_metadata: Mapping[str, TypedData] | None = None,
    ) -> Outcome:
        """Call a function, then send its messages; a failure of either is logged.

        For the arguments see ``Runner.invoke``.

        Returns:
            How it ended. It failed as well where a message could not be sent.
        """
        try:
            outcome = await self._worker.invoke(function, inputs, trigger_metadata)
        except Exception as error:  # noqa: BLE001 - a timer must live on
            _log.exception("%s could not be called", function.name)
            return Outcome(None, {}, (str(error), ""))
        if outcome.failure:
            log.log_failure(function.name, *outcome.failure)
            return outcome
        try:
            await self._outputs.send(function, outcome)
        except OutputError as error:
            _log.error("%s: %s", function.name, error)
            return replace(outcome, failure=(str(error), ""))
        return outcome
