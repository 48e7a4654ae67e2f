"""From what a function put into its queue outputs to messages."""

import json
from collections.abc import Iterator
from typing import Any

from devhost.queues.accounts import Accounts
from devhost.queues.service import Queue, QueueError
from devhost.queues.settings import QueueSettings
from devhost.triggers.bindings import BindingError, queue_of, queue_outputs
from devhost.worker.functions import Function, Outcome
from devhost.worker.messages import TypedData


class OutputError(Exception):
    """What a function put out cannot be sent; the message says why."""


class Outputs:
    """Sends what functions put out.

    Args:
        accounts: where the queues are.
        settings: how messages are written.
    """

    def __init__(self, accounts: Accounts, settings: QueueSettings) -> None:
        self._accounts = accounts
        self._settings = settings

    async def send(self, function: Function, outcome: Outcome) -> None:
        """Send the messages of a call that succeeded; none where one of them cannot be written.

        Raises:
            OutputError: not all of them were sent.
        """
        try:
            # All are made before the first is sent.
            for queue, text in list(self._messages(function, outcome)):
                await self._accounts.put(queue, text)
        except (BindingError, QueueError, ValueError) as error:
            raise OutputError(f"its messages cannot be sent: {error}") from None

    def _messages(self, function: Function, outcome: Outcome) -> Iterator[tuple[Queue, str]]:
        for binding in queue_outputs(function):
            name = binding["name"]
            data = outcome.returned if name == "$return" else outcome.outputs.get(name)
            for message in messages_of(data):
                yield queue_of(binding), self._settings.encode(message)


def messages_of(data: TypedData | None) -> list[str | bytes]:
    """Return the messages in a value, as the real host takes it.

    Text is one message, a list one for each item. JSON objects are written again, with indents;
    text that looks like JSON is read as JSON.

    Raises:
        ValueError: the real host could not send it.
    """
    kind = data.WhichOneof("data") if data else None
    if data is None or kind is None:
        return []
    value = data.value
    if kind == "json" or (kind == "string" and _looks_like_json(value)):
        return list(_from_json(value))
    if kind in {"string", "bytes"}:
        return [value]
    raise ValueError(f"a message is text or bytes, not {kind}")


def _looks_like_json(text: str) -> bool:
    stripped = text.strip()
    return stripped[:1] + stripped[-1:] in {"{}", "[]"}


def _from_json(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("text in braces or brackets must be JSON for the real host") from None
    for item in value if isinstance(value, list) else [value]:
        yield _written(item)


def _written(item: Any) -> str:  # noqa: ANN401 - JSON is Any
    if isinstance(item, str):
        return item
    if isinstance(item, dict):
        return json.dumps(item, indent=2, ensure_ascii=False)
    raise ValueError(f"a list of messages holds text only, not {type(item).__name__}")
