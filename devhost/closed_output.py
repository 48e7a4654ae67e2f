"""Output that goes away, as with ``make start | head``, while the host serves on."""

import io
import os
import sys
from typing import Any, TextIO, override


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
