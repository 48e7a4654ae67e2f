"""What the arguments of our commands may be."""

from argparse import ArgumentTypeError
from pathlib import Path

_LAST_PORT = 65_535

PORT = 7071  # as with Core Tools


def port(text: str) -> int:
    """Read a port; 0 is any free one."""
    digits = text.lstrip("0") or "0"
    if not (text.isascii() and text.isdecimal() and len(digits) <= len(str(_LAST_PORT))):
        raise _not_a_port(text)
    if int(digits) > _LAST_PORT:
        raise _not_a_port(text)
    return int(digits)


def folder(text: str) -> Path:
    """Read the path of a folder that exists."""
    path = Path(text)
    try:
        next(path.iterdir(), None)
    except OSError as error:
        raise ArgumentTypeError(f"{text!r} is not a folder that can be read: {error}") from None
    return path.resolve()


def _not_a_port(text: str) -> ArgumentTypeError:
    return ArgumentTypeError(f"a port is a number from 0 to {_LAST_PORT}, not {text!r:.40}")
