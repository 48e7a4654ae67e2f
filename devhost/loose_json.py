"""JSON as the host and Core Tools read it (Newtonsoft): more than RFC 8259 allows."""

import json
import re
from pathlib import Path
from typing import Any

# Strings are kept whole, so that // in a URL is not a comment.
_STRING = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\''
_STRING_OR_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING_OR_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)


class SettingsError(Exception):
    """A settings file cannot be used; the message says why."""


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object; comments, trailing commas, single quotes and a BOM are accepted.

    Raises:
        FileNotFoundError: there is no such file.
        SettingsError: it holds anything else.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    if not text.strip():
        raise SettingsError(f"{path} is empty")
    text = _STRING_OR_COMMENT.sub(_without_comment, text)
    text = _STRING_OR_COMMA.sub(lambda found: found[1] or "", text)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}"
        raise SettingsError(f"{place} is not JSON: {error.msg}, column {error.colno}") from None
    except ValueError as error:  # a number with thousands of digits
        raise SettingsError(f"{path} cannot be read: {error}") from None
    except RecursionError:
        raise SettingsError(f"{path} is nested too deeply") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path} must hold a JSON object")
    return content


def line_of(path: Path, name: str) -> str:
    """Return a file's path and the first line with a member's name, line 1 where there is none."""
    quoted = re.compile(rf"([\"']){re.escape(name)}\1", re.IGNORECASE)
    lines = path.read_text("utf-8-sig", "replace").split("\n")
    found = (number for number, line in enumerate(lines, 1) if quoted.search(line))
    return f"{path}:{next(found, 1)}"


def _without_comment(found: re.Match[str]) -> str:
    """Return a string in double quotes; for a comment only the ends of its lines."""
    text: str | None = found[1]
    if text is None:
        return " " + "\n" * found[0].count("\n")
    if text.startswith('"'):
        return text
    inner = text[1:-1].replace("\\'", "'")
    return '"' + re.sub(r'(\\.)|"', lambda one: one[1] or '\\"', inner) + '"'
