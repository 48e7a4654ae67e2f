"""The lines that are printed while the host runs."""

import logging
import sys
import time
from pathlib import Path

from devhost import tracebacks
from devhost.levels import HOST, category_of
from devhost.output import clock, dim, is_printed, json_line, style
from devhost.style import colour_of_status, has_colours, paint, printable

_SERVER_ERROR = 500
_LONGEST_TARGET = 200


def print_note(text: str, *, is_important: bool = False, to_stderr: bool = False) -> None:
    """Print what there is to know at the start.

    Args:
        text: a line, or several.
        is_important: whether it is printed with ``--quiet`` too.
        to_stderr: whether it is about something wrong.
    """
    if style().is_quiet and not (is_important or to_stderr):
        return
    if style().is_json:
        text = json_line(level="warning" if to_stderr else "info", message=text)
    print(text, file=sys.stderr if to_stderr else sys.stdout, flush=True)


def print_event(text: str) -> None:
    """Print a line about the host itself, with the time."""
    print_note(text if style().is_json else f"{dim(clock())} {text}", is_important=True)


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
    if not is_printed(category, level):
        return
    if style().is_json:
        facts = {"method": method, "target": target, "status": status, "function": function}
        _print(json_line(level="info", milliseconds=round(milliseconds, 1), **facts))
        return
    shown = paint(str(status or "-"), colour_of_status(status), is_wanted=has_colours(sys.stdout))
    target = printable(target[:_LONGEST_TARGET])
    line = f"{method} {target} {shown} {dim(f'{milliseconds:.1f} ms')} {function}"
    _print(f"{dim(clock())} {line}")


def is_verbose() -> bool:
    """Return whether everything is printed."""
    return style().is_verbose


def print_call(kind: str, name: str, began: float, *, succeeded: bool, more: str = "") -> None:
    """Print a line about a call of a background function.

    Args:
        kind: the trigger's kind.
        name: the function's name.
        began: ``time.perf_counter()`` before the call.
        succeeded: whether it succeeded.
        more: text to add at the end.
    """
    if not is_printed(category_of(name), logging.INFO if succeeded else logging.ERROR):
        return
    milliseconds = (time.perf_counter() - began) * 1000
    if style().is_json:
        facts = {"trigger": kind, "function": name, "succeeded": succeeded, "message": more}
        level = "info" if succeeded else "error"
        _print(json_line(level=level, milliseconds=round(milliseconds, 1), **facts))
        return
    result = "succeeded" if succeeded else "FAILED"
    result = paint(result, "green" if succeeded else "red", is_wanted=has_colours(sys.stdout))
    line = f"{dim(clock())} {kind} {name} {result} {dim(f'{milliseconds:.1f} ms')} {more}"
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
        text = tracebacks.describe(trace, Path.cwd(), is_whole=style().is_verbose)
    logging.getLogger("devhost").error("%s failed: %s", name, text)


def _print(line: str) -> None:
    print(line, flush=True)
