"""What the host and the worker's process send each other: frames of pickled values."""

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devhost.worker.functions import Function, Outcome
from devhost.worker.messages import TypedData

_SIZE = struct.Struct("!Q")
HEADER = _SIZE.size  # bytes before each frame's value


@dataclass(frozen=True)
class Call:
    """To the worker: call a function. ``number`` names the call from then on."""

    number: int
    function: Function
    inputs: Mapping[str, TypedData]
    trigger_metadata: Mapping[str, TypedData] | None


@dataclass(frozen=True)
class Cancel:
    """To the worker: nobody waits for a call any longer."""

    number: int


@dataclass(frozen=True)
class Stop:
    """To the worker: end."""


@dataclass(frozen=True)
class Loaded:
    """From the worker: the app is loaded. The fields are those of ``Worker``."""

    functions: list[Function]
    left_out: list[str]


@dataclass(frozen=True)
class Refused:
    """From the worker: the app cannot be loaded. The fields are those of ``LoadError``."""

    message: str
    stack_trace: str


@dataclass(frozen=True)
class NotStarted:
    """From the worker: the real host does not start. The fields are those of ``StartError``."""

    function: str
    reason: str


@dataclass(frozen=True)
class Ended:
    """From the worker: a call has ended."""

    number: int
    outcome: Outcome


def encode(message: object) -> bytes:
    """Return a message as a frame."""
    value = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _SIZE.pack(len(value)) + value


def size_of(header: bytes) -> int:
    """Return how many bytes follow a header."""
    return int(_SIZE.unpack(header)[0])


def decode(value: bytes) -> Any:  # noqa: ANN401 - one of the messages above
    """Return the message of a frame, without its header."""
    return pickle.loads(value)  # noqa: S301 - between our own two processes
