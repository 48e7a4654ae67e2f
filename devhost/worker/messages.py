"""The messages between host and worker, as plain objects.

The real worker gets protobuf messages. The runtime only reads and sets their attributes, so plain
objects with the same names are enough, and neither gRPC nor protobuf is needed.
"""

from types import SimpleNamespace
from typing import Any


class Message(SimpleNamespace):
    """A message whose fields are keyword arguments."""


class TypedData:
    """A value and its kind: exactly one of http, string, bytes, json, int, double, or nothing."""

    def __init__(self, **value: Any) -> None:  # noqa: ANN401 - the kinds differ
        self._kind = next((kind for kind, data in value.items() if data is not None), None)
        for kind, data in value.items():
            setattr(self, kind, data)

    def WhichOneof(self, _: str) -> str | None:  # noqa: N802 - protobuf's name
        """Return the kind, as protobuf does."""
        return self._kind

    @property
    def value(self) -> Any:  # noqa: ANN401 - the kinds differ
        """Return the value, whatever its kind."""
        return getattr(self, self._kind) if self._kind else None


class ParameterBinding(Message):
    """A named value."""

    def WhichOneof(self, _: str) -> str:  # noqa: N802 - protobuf's name
        """Return the kind, as protobuf does."""
        return "data"


class BindingInfo(Message):
    """A binding's direction."""

    undefined = 0
    out = 1
    inout = 2


class StatusResult(Message):
    """How a request ended."""

    Failure = 0
    Success = 1


class SameSite:
    """The values of a cookie's SameSite attribute."""

    Lax = "lax"
    Strict = "strict"
    ExplicitNone = "none"


setattr(SameSite, "None", None)  # the name is a keyword


class RpcHttpCookie(Message):
    """A cookie."""

    SameSite = SameSite


# The runtime looks these up by name and creates them with keyword arguments.
PROTOS = SimpleNamespace(
    BindingInfo=BindingInfo,
    ParameterBinding=ParameterBinding,
    RpcHttpCookie=RpcHttpCookie,
    StatusResult=StatusResult,
    TypedData=TypedData,
    **dict.fromkeys(
        (
            "FunctionLoadResponse",
            "FunctionMetadataResponse",
            "InvocationResponse",
            "NullableBool",
            "NullableDouble",
            "NullableString",
            "NullableTimestamp",
            "RpcException",
            "RpcFunctionMetadata",
            "RpcHttp",
            "RpcRetryOptions",
            "Timestamp",
            "WorkerInitResponse",
            "WorkerMetadata",
        ),
        Message,
    ),
)
