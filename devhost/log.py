"""What is printed while the host runs."""

import io
import json
import logging
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO, override

from devhost import tracebacks
from devhost.style import Style, colour_of_status, has_colours, paint, printable

# These log every HTTP call and every invocation.
_QUIET = ("azure", "aiohttp.access")
_OURS = {"devhost", "aiohttp", "asyncio"}
_LEVEL_COLOURS = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}
_SERVER_ERROR = 500
_LONGEST_TARGET = 200
_DROPPED = "  [outside of an invocation: not in Azure's log]"

_style = Style()


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


def set_up(style: Style | None = None) -> None:
    """Print the app's log records, with tracebacks, and all other lines in a style.

    The real host drops what the app logs outside of an invocation, at import or in a thread of its
    own. Such a record is printed with a mark.
    """
    global _style  # noqa: PLW0603 - as logging's own set-up
    _style = style or Style()
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_mark_dropped)
    handler.setFormatter(_Formatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_level(_style))
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # The runtime's own; `cli` reports more clearly why an app cannot be loaded.
    logging.getLogger("azure.functions").setLevel(logging.CRITICAL)


def _level(style: Style) -> int:
    if style.is_quiet:
        return logging.WARNING
    return logging.DEBUG if style.is_verbose else logging.INFO


class _Formatter(logging.Formatter):
    """Formats a record as a line with the time, or as JSON."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage() + getattr(record, "mark", "")
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        if _style.is_json:
            return _json(level=record.levelname.lower(), logger=record.name, message=text)
        name = "" if record.name == "devhost" else f"{record.name}: "
        colour = _LEVEL_COLOURS.get(record.levelno, "")
        level = paint(record.levelname, colour, is_wanted=has_colours(sys.stderr))
        return f"{_dim(_clock())} {level} {name}{text}"


def _mark_dropped(record: logging.LogRecord) -> bool:
    is_ours = record.name.partition(".")[0] in _OURS
    record.mark = "" if is_ours or _is_in_invocation() else _DROPPED
    return True


def _is_in_invocation() -> bool:
    # Late: importing the runtime takes a tenth of a second, and only the app's records need it.
    from azure_functions_runtime import invocation_id_cv  # noqa: PLC0415

    return bool(invocation_id_cv.get())


def print_note(text: str, *, is_important: bool = False, to_stderr: bool = False) -> None:
    """Print what there is to know at the start.

    Args:
        text: a line, or several.
        is_important: whether it is printed with ``--quiet`` too.
        to_stderr: whether it is about something wrong.
    """
    if _style.is_quiet and not (is_important or to_stderr):
        return
    if _style.is_json:
        text = _json(level="warning" if to_stderr else "info", message=text)
    print(text, file=sys.stderr if to_stderr else sys.stdout, flush=True)


def print_event(text: str) -> None:
    """Print a line about the host itself, with the time."""
    print_note(text if _style.is_json else f"{_dim(_clock())} {text}", is_important=True)


def print_request(
    method: str, target: str, status: int | None, milliseconds: float, function: str
) -> None:
    """Print a line about a request.

    Args:
        method: as sent.
        target: as sent.
        status: of the answer; None where the client had left before.
        milliseconds: how long the answer took.
        function: the name of the function that answered, or - and why none did.
    """
    if _style.is_quiet and (status or 0) < _SERVER_ERROR:
        return
    if _style.is_json:
        facts = {"method": method, "target": target, "status": status, "function": function}
        _print(_json(level="info", milliseconds=round(milliseconds, 1), **facts))
        return
    shown = paint(str(status or "-"), colour_of_status(status), is_wanted=_has_colours())
    target = printable(target[:_LONGEST_TARGET])
    line = f"{method} {target} {shown} {_dim(f'{milliseconds:.1f} ms')} {function}"
    _print(f"{_dim(_clock())} {line}")


def is_verbose() -> bool:
    """Return whether everything is printed."""
    return _style.is_verbose


def print_call(kind: str, name: str, began: float, *, succeeded: bool, more: str = "") -> None:
    """Print a line about a call of a background function.

    Args:
        kind: the trigger's kind.
        name: the function's name.
        began: ``time.perf_counter()`` before the call.
        succeeded: whether it succeeded.
        more: text to add at the end.
    """
    if _style.is_quiet and succeeded:
        return
    milliseconds = (time.perf_counter() - began) * 1000
    if _style.is_json:
        facts = {"trigger": kind, "function": name, "succeeded": succeeded, "message": more}
        level = "info" if succeeded else "error"
        _print(_json(level=level, milliseconds=round(milliseconds, 1), **facts))
        return
    result = "succeeded" if succeeded else "FAILED"
    result = paint(result, "green" if succeeded else "red", is_wanted=_has_colours())
    line = f"{_dim(_clock())} {kind} {name} {result} {_dim(f'{milliseconds:.1f} ms')} {more}"
    _print(line.rstrip())


def log_failure(name: str, message: str, trace: str) -> None:
    """Log why a call failed: what, where in the app, and the traceback.

    Args:
        name: the function's name.
        message: the exception's.
        trace: its traceback; may be empty.
    """
    text = message
    if trace:
        text = tracebacks.describe(trace, Path.cwd(), is_whole=_style.is_verbose)
    logging.getLogger("devhost").error("%s failed: %s", name, text)


def _clock() -> str:
    return time.strftime("%H:%M:%S")


def _has_colours() -> bool:
    return has_colours(sys.stdout)


def _dim(text: str) -> str:
    return paint(text, "dim", is_wanted=_has_colours())


def _json(**members: object) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, **members})


def _print(line: str) -> None:
    print(line, flush=True)
