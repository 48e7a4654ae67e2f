"""What is printed while the host runs."""

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import override

from devhost import tracebacks
from devhost.levels import HOST, Levels, category_of, user_category_of
from devhost.style import Style, colour_of_status, has_colours, paint, printable

# These log every HTTP call and every invocation.
_QUIET = ("azure", "aiohttp.access")
_OURS = {"devhost", "aiohttp", "asyncio"}
_LEVEL_COLOURS = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}
_SERVER_ERROR = 500
_LONGEST_TARGET = 200
_DROPPED = "  [outside of an invocation: not in Azure's log]"

_DEBUG_LOGGING = "PYTHON_ENABLE_DEBUG_LOGGING"
_TRUE = {"1", "true", "t", "yes", "y"}

_style = Style()
_levels = Levels()
# The functions of the calls under way, by invocation id.
_callers: dict[str, str] = {}


def set_up(style: Style | None = None) -> None:
    """Print the app's log records, with tracebacks, and all other lines in a style.

    The real host drops what the app logs outside of an invocation, at import or in a thread of its
    own. Such a record is printed with a mark.
    """
    global _style  # noqa: PLW0603 - as logging's own set-up
    _style = style or Style()
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_wanted)
    handler.setFormatter(_Formatter())
    logging.getLogger().handlers = [handler]
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # The runtime's own; `cli` reports more clearly why an app cannot be loaded.
    logging.getLogger("azure.functions").setLevel(logging.CRITICAL)
    set_levels(Levels())


def set_levels(levels: Levels) -> None:
    """Print of each category what host.json asks for, ``--verbose`` everything.

    Python's worker hands debug records to the host where PYTHON_ENABLE_DEBUG_LOGGING is set, as
    Core Tools do.
    """
    global _levels  # noqa: PLW0603 - the same
    _levels = levels
    has_debug = os.environ.get(_DEBUG_LOGGING, "").lower() in _TRUE
    lowest = levels.lowest() if has_debug else max(levels.lowest(), logging.INFO)
    # A record of a root logger without a level is never made.
    logging.getLogger().setLevel(logging.DEBUG if _style.is_verbose else max(lowest, 1))


def _is_printed(category: str, level: int) -> bool:
    if _style.is_verbose:
        return True
    return level >= max(_levels.least(category), logging.WARNING if _style.is_quiet else 0)


@contextmanager
def calling(invocation_id: str, function: str) -> Iterator[None]:
    """Take what is logged under an invocation's id for a function's, while its call runs."""
    _callers[invocation_id] = function
    try:
        yield
    finally:
        del _callers[invocation_id]


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


def _is_wanted(record: logging.LogRecord) -> bool:
    """Return whether a record is printed; mark it where Azure's log would not have it."""
    if record.name.partition(".")[0] in _OURS:
        return _is_printed(HOST, record.levelno)
    function = _caller()
    record.mark = "" if function else _DROPPED
    if record.name in _style.muted and record.levelno < logging.WARNING and not _style.is_verbose:
        return False
    return _is_printed(user_category_of(function) if function else HOST, record.levelno)


def _caller() -> str | None:
    """Return the function that this thread or task is called for."""
    # Late: importing the runtime takes a tenth of a second, and only the app's records need it.
    from azure_functions_runtime import invocation_id_cv  # noqa: PLC0415

    return _callers.get(invocation_id_cv.get())


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
    level = logging.INFO if (status or 0) < _SERVER_ERROR else logging.ERROR
    category = HOST if function.startswith("-") else category_of(function)
    if not _is_printed(category, level):
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
    if not _is_printed(category_of(name), logging.INFO if succeeded else logging.ERROR):
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
