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
        raise SettingsError(f"{path.name} cannot be read: {error}") from None
    text = _STRING_OR_COMMENT.sub(lambda found: _double_quoted(found[1]), text)
    text = _STRING_OR_COMMA.sub(lambda found: found[1] or "", text)
    try:
        content = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{path.name} is not JSON: {error}") from None
    except RecursionError:
        raise SettingsError(f"{path.name} is nested too deeply") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path.name} must hold a JSON object")
    return content


def _double_quoted(text: str | None) -> str:
    """Return a string in double quotes; a blank for a comment."""
    if text is None:
        return " "
    if text.startswith('"'):
        return text
    inner = text[1:-1].replace("\\'", "'")
    return '"' + re.sub(r'(\\.)|"', lambda found: found[1] or '\\"', inner) + '"'
