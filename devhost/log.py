"""What is printed while the host runs."""

import io
import logging
import os
import sys
import time
from typing import Any, TextIO, override

# These log every HTTP call and every invocation.
_QUIET = ("azure", "aiohttp.access")
_OURS = {"devhost", "aiohttp", "asyncio"}
_DROPPED = "  [outside of an invocation: not in Azure's log]"


class _LossyOutput(io.RawIOBase):
    """A file descriptor whose writes never fail; what cannot be written is dropped."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @override
    def writable(self) -> bool:
        return True

    @override
    def fileno(self) -> int:
        return self._descriptor

    @override
    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    @override
    def write(self, data: Any, /) -> int:
        try:
            return os.write(self._descriptor, data)
        except OSError:
            return len(data)


def survive_closed_output() -> None:
    """Let every later ``print``, the app's included, succeed when the output is closed.

    The host goes on serving after ``make start | head`` or when its terminal is closed.
    """
    sys.stdout = _lossy(sys.stdout)
    sys.stderr = _lossy(sys.stderr)


def _lossy(stream: TextIO) -> TextIO:
    if stream is None:  # Python was started with it closed
        return stream
    if os.name == "nt" and stream.isatty():  # a Windows console takes characters, not bytes
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_LossyOutput(stream.fileno())),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=True,
    )


def set_up() -> None:
    """Print the app's log records, with tracebacks.

    The real host drops what the app logs outside of an invocation, at import or in a thread of its
    own. Such a record is printed with a mark.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_mark_dropped)
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s%(mark)s", "%H:%M:%S")
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # The runtime's own; `cli` reports more clearly why an app cannot be loaded.
    logging.getLogger("azure.functions").setLevel(logging.CRITICAL)


def _mark_dropped(record: logging.LogRecord) -> bool:
    is_ours = record.name.partition(".")[0] in _OURS
    record.mark = "" if is_ours or _is_in_invocation() else _DROPPED
    return True


def _is_in_invocation() -> bool:
    # Late: importing the runtime takes a tenth of a second, and only the app's records need it.
    from azure_functions_runtime import invocation_id_cv  # noqa: PLC0415

    return bool(invocation_id_cv.get())


def print_event(text: str) -> None:
    """Print a line about the host itself, with the time."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def print_call(kind: str, name: str, began: float, *, succeeded: bool, more: str = "") -> None:
    """Print a line about a call of a background function.

    Args:
        kind: the trigger's kind.
        name: the function's name.
        began: ``time.perf_counter()`` before the call.
        succeeded: whether it succeeded.
        more: text to add at the end.
    """
    milliseconds = (time.perf_counter() - began) * 1000
    result = "succeeded" if succeeded else "FAILED"
    line = f"{time.strftime('%H:%M:%S')} {kind} {name} {result} {milliseconds:.1f} ms {more}"
    print(line.rstrip(), flush=True)
