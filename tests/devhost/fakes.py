"""A worker without an app: functions are plain callables, for tests of what runs them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from devhost.worker.functions import Function, Outcome
from devhost.worker.messages import TypedData

CONNECTION = "AzureWebJobsStorage"
Handler = Callable[[Mapping[str, TypedData], Mapping[str, TypedData]], Awaitable[Outcome | None]]


class FakeWorker:
    """A ``Runner`` to which a test adds functions."""

    def __init__(self) -> None:
        self.functions: Sequence[Function] = ()
        self._handlers: dict[str, Handler] = {}

    def add(self, name: str, handler: Handler, *bindings: dict[str, Any]) -> Function:
        """Add a function; the handler gets inputs and metadata, and may raise."""
        function = Function(name, name, bindings)
        self.functions = [*self.functions, function]
        self._handlers[name] = handler
        return function

    async def invoke(
        self,
        function: Function,
        inputs: Mapping[str, TypedData],
        trigger_metadata: Mapping[str, TypedData] | None = None,
    ) -> Outcome:
        """Call the handler; an exception is a failure, as in the real worker."""
        try:
            outcome = await self._handlers[function.name](inputs, trigger_metadata or {})
        except Exception as error:  # noqa: BLE001 - as the worker does
            return Outcome(None, {}, (str(error), f"RuntimeError: {error}"))
        return outcome or Outcome(None, {}, None)


def queue_trigger(queue: str, connection: str = CONNECTION) -> dict[str, Any]:
    """Return a queue trigger's binding."""
    return {
        "type": "queueTrigger",
        "name": "message",
        "queueName": queue,
        "connection": connection,
    }


def timer_trigger(schedule: str, **more: Any) -> dict[str, Any]:
    """Return a timer trigger's binding."""
    return {"type": "timerTrigger", "name": "timer", "schedule": schedule, **more}


def http_trigger(route: str) -> dict[str, Any]:
    """Return an HTTP trigger's binding."""
    return {"type": "httpTrigger", "name": "req", "route": route}


def queue_output(queue: str, name: str = "out", connection: str = CONNECTION) -> dict[str, Any]:
    """Return a queue output's binding."""
    return {"type": "queue", "name": name, "queueName": queue, "connection": connection}
