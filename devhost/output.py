"""How this process prints: its style, the levels of host.json, and parts of lines."""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from devhost.levels import Levels
from devhost.style import Style, has_colours, paint

_style = Style()
_levels = Levels()


def style() -> Style:
    """Return the style of this process."""
    return _style


def set_style(style: Style) -> None:
    """Print in a style from now on."""
    global _style  # noqa: PLW0603 - as logging's own set-up
    _style = style


def set_levels(levels: Levels) -> None:
    """Print of each category what these levels let through, from now on."""
    global _levels  # noqa: PLW0603 - the same
    _levels = levels


def is_printed(category: str, level: int) -> bool:
    """Return whether lines of a category and level are printed; with ``--verbose`` all are."""
    if _style.is_verbose:
        return True
    return level >= max(_levels.least(category), logging.WARNING if _style.is_quiet else 0)


def clock() -> str:
    """Return the time of day."""
    return time.strftime("%H:%M:%S")


def dim(text: str) -> str:
    """Return a text that stands back on a terminal."""
    return paint(text, "dim", is_wanted=has_colours(sys.stdout))


def json_line(**members: object) -> str:
    """Return a line for machines, with the time first."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, **members})
