"""How lines are printed: in colours on a terminal, as JSON, more of them or less."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import Any

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "cyan": 36, "dim": 2}


@dataclass(frozen=True)
class Style:
    """What a person wants to read.

    Attributes:
        is_quiet: only what went wrong, and where the host listens.
        is_verbose: each tick of a timer, debug records, and every frame of a traceback.
        is_json: a JSON object for each line.
        muted: loggers of which only warnings are printed, unless ``is_verbose``.
    """

    is_quiet: bool = False
    is_verbose: bool = False
    is_json: bool = False
    muted: tuple[str, ...] = ()

    def dump(self) -> str:
        """Return it as text, for ``load``."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Style":
        """Return the style that was dumped."""
        values = json.loads(text)
        return cls(**values | {"muted": tuple(values["muted"])})


def has_colours(stream: Any) -> bool:  # noqa: ANN401 - a file, or None
    """Return whether a stream is a terminal that shows colours, and they are wanted.

    ``NO_COLOR`` with any value says that they are not (https://no-color.org).
    """
    if stream is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    # An old Windows console prints the codes.
    return bool(stream.isatty()) and (sys.platform != "win32" or "WT_SESSION" in os.environ)


def paint(text: str, colour: str, *, is_wanted: bool) -> str:
    """Return a text in a colour."""
    return f"\033[{_COLOURS[colour]}m{text}\033[0m" if is_wanted and colour else text


def colour_of_status(status: int | None) -> str:
    """Return the colour of an answer's status."""
    if status is None:
        return "yellow"
    return {2: "green", 3: "cyan", 4: "yellow", 5: "red"}.get(status // 100, "")


def printable(text: str) -> str:
    """Return a text in which nothing moves the cursor of a terminal."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
