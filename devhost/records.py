"""The log records of the app and of this host: which are printed, and how."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import override

from devhost import output
from devhost.levels import HOST, Levels, user_category_of
from devhost.style import Style, has_colours, paint

# These log every HTTP call and every invocation.
_QUIET = ("azure", "aiohttp.access")
_OURS = {"devhost", "aiohttp", "asyncio"}
_LEVEL_COLOURS = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}
_DROPPED = "  [outside of an invocation: not in Azure's log]"
_DEBUG_LOGGING = "PYTHON_ENABLE_DEBUG_LOGGING"
_TRUE = {"1", "true", "t", "yes", "y"}

# The functions of the calls under way, by invocation id.
_callers: dict[str, str] = {}


def set_up(style: Style | None = None) -> None:
    """Print the app's log records, with tracebacks, and all other lines in a style.

    The real host drops what the app logs outside of an invocation, at import or in a thread of its
    own. Such a record is printed with a mark.
    """
    output.set_style(style or Style())
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
    output.set_levels(levels)
    has_debug = os.environ.get(_DEBUG_LOGGING, "").lower() in _TRUE
    lowest = levels.lowest() if has_debug else max(levels.lowest(), logging.INFO)
    logging.getLogger().setLevel(logging.DEBUG if output.style().is_verbose else lowest)


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
        if output.style().is_json:
            level = record.levelname.lower()
            return output.json_line(level=level, logger=record.name, message=text)
        name = "" if record.name == "devhost" else f"{record.name}: "
        colour = _LEVEL_COLOURS.get(record.levelno, "")
        level = paint(record.levelname, colour, is_wanted=has_colours(sys.stderr))
        return f"{output.dim(output.clock())} {level} {name}{text}"


def _is_wanted(record: logging.LogRecord) -> bool:
    """Return whether a record is printed; mark it where Azure's log would not have it."""
    if record.name.partition(".")[0] in _OURS:
        return output.is_printed(HOST, record.levelno)
    function = _caller()
    record.mark = "" if function else _DROPPED
    if _is_muted(record):
        return False
    return output.is_printed(user_category_of(function) if function else HOST, record.levelno)


def _is_muted(record: logging.LogRecord) -> bool:
    style = output.style()
    return record.name in style.muted and record.levelno < logging.WARNING and not style.is_verbose


def _caller() -> str | None:
    """Return the function that this thread or task is called for."""
    # Late: importing the runtime takes a tenth of a second, and only the app's records need it.
    from azure_functions_runtime import invocation_id_cv  # noqa: PLC0415

    return _callers.get(invocation_id_cv.get())
