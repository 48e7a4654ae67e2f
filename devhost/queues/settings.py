"""host.json's ``extensions.queues``: how queue triggers work, and how messages are written."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devhost.configuration_values import time_span, whole_number
from devhost.host_json import get
from devhost.loose_json import SettingsError

_SHORTEST_POLL = 0.1  # seconds
_LARGEST_BATCH = 32  # what storage gives at once
_A_WEEK = 7 * 24 * 3600.0


@dataclass(frozen=True)
class QueueSettings:
    """The settings, with the real host's defaults.

    Attributes:
        batch_size: how many messages are received at once.
        new_batch_threshold: more are received once no more than this many are being run.
        max_dequeue_count: how often a message is tried.
        visibility_timeout: seconds before a message is tried again.
        max_polling_interval: seconds between two looks into an empty queue, at most.
        is_base64: whether messages stand in the queue as Base64 text.
    """

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: float = 0.0
    max_polling_interval: float = 60.0
    is_base64: bool = True

    def encode(self, message: str | bytes) -> str:
        """Return a message as it stands in the queue.

        Raises:
            ValueError: it cannot be written.
        """
        try:
            content = message.encode() if isinstance(message, str) else message
            return base64.b64encode(content).decode() if self.is_base64 else content.decode()
        except UnicodeError:
            raise ValueError("the message is not text in UTF-8") from None

    def decode(self, text: str) -> str:
        """Return the message that stands in the queue.

        Raises:
            ValueError: it is not encoded as host.json says.
        """
        if not self.is_base64:
            return text
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode()
        except ValueError:
            raise ValueError(
                "is not Base64 of UTF-8 text, which messageEncoding of host.json asks for"
            ) from None


def read(found: Mapping[str, Any]) -> QueueSettings:
    """Take the settings from host.json's ``extensions.queues``.

    Raises:
        SettingsError: names the setting that cannot be used.
    """
    batch_size = _integer(found, "batchSize", 16, range(1, _LARGEST_BATCH + 1))
    return QueueSettings(
        batch_size,
        _integer(found, "newBatchThreshold", batch_size // 2, range(1_001)),
        _integer(found, "maxDequeueCount", 5, range(1, 1_000_001)),
        _seconds(found, "visibilityTimeout", 0.0, 0.0),
        _seconds(found, "maxPollingInterval", 60.0, _SHORTEST_POLL),
        _is_base64(get(found, "messageEncoding") or "base64"),
    )


def _integer(found: Mapping[str, Any], name: str, default: int, allowed: range) -> int:
    value = get(found, name)
    if value is None:
        return default
    try:
        number = whole_number(value)
    except ValueError:
        number = allowed[0] - 1
    if number not in allowed:
        raise _fault(name, f"a whole number from {allowed[0]} to {allowed[-1]}", value)
    return number


def _seconds(found: Mapping[str, Any], name: str, default: float, least: float) -> float:
    value = get(found, name)
    if value is None:
        return default
    try:
        total = time_span(value)
    except ValueError:
        total = least - 1
    if not least <= total <= _A_WEEK:
        raise _fault(name, 'a time like "00:00:30", at most a week', value)
    return total


def _is_base64(value: object) -> bool:
    text = str(value).lower()
    if text not in {"base64", "none"}:
        raise _fault("messageEncoding", '"base64" or "none"', value)
    return text == "base64"


def _fault(name: str, wanted: str, value: object) -> SettingsError:
    return SettingsError(f"host.json: extensions.queues.{name} must be {wanted}, not {value!r:.40}")
