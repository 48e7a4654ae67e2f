"""local.settings.json, read by the rules of Core Tools, and host.json."""

import json
import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class SettingsError(Exception):
    """A settings file cannot be used; the message says why."""


# Strings are kept whole, so that // in a URL is no comment.
_STRING_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')


_DEFAULTS = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "FUNCTIONS_WORKER_RUNTIME_VERSION": f"{sys.version_info.major}.{sys.version_info.minor}",
    # As Core Tools: blocking handlers do not wait for each other.
    "PYTHON_THREADPOOL_THREAD_COUNT": "1000",
}


def read_values(folder: Path) -> dict[str, str]:
    """Give the Values of local.settings.json; none when the file is missing.

    Empty and null values are left out, as Core Tools does.

    Raises:
        SettingsError: the file is not what Core Tools would accept.
    """
    path = folder / "local.settings.json"
    if not path.exists():
        return {}
    content = _read(path)
    if content.get("IsEncrypted") is not False:
        raise SettingsError('local.settings.json must hold "IsEncrypted": false')
    values = content.get("Values", {})
    if not isinstance(values, dict):
        raise SettingsError("Values of local.settings.json must be an object")
    texts = {name: _text(name, value) for name, value in values.items()}
    return {name: text for name, text in texts.items() if text}


def apply(values: Mapping[str, str], folder: Path, address: str) -> list[str]:
    """Put settings into the environment, where an existing value wins.

    Args:
        values: the file's values.
        folder: the app's folder, which becomes the working directory.
        address: where the host listens.

    Returns:
        The names that the environment had already.
    """
    skipped = [name for name in values if os.environ.get(name)]
    for name, value in values.items():
        if name not in skipped:
            os.environ[name] = value
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ |= {
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "AzureWebJobsScriptRoot": str(folder),
        "WEBSITE_HOSTNAME": address,
        # As in Azure.
        "TZ": "UTC",
    }
    time.tzset()
    os.chdir(folder)
    return skipped


def is_given(name: str) -> bool:
    """Tell whether the environment has a value for a setting, be it by ``NAME__part``."""
    return any(
        value and (found == name or found.startswith(f"{name}__"))
        for found, value in os.environ.items()
    )


def route_prefix(folder: Path) -> str:
    """Give host.json's route prefix, ``api`` by default; SettingsError for a bad file."""
    http = host_json(folder).get("extensions", {}).get("http", {})
    return str(http.get("routePrefix", "api"))


def host_json(folder: Path) -> dict[str, Any]:
    """Give host.json, empty when the file is missing; SettingsError for a bad file.

    A variable such as ``AzureFunctionsJobHost__extensions__queues__batchSize`` takes the place of
    what the file says, as on the real host; names must be written as in the file.
    """
    content = _read(folder / "host.json")
    for name, text in os.environ.items():
        start, *path = name.split("__")
        if start == "AzureFunctionsJobHost" and path:
            _put(content, path, int(text) if text.isdecimal() else text)
    return content


def _put(content: dict[str, Any], path: list[str], value: object) -> None:
    *folders, name = path
    for folder in folders:
        content = content.setdefault(folder, {})
    content[name] = value


def _read(path: Path) -> dict[str, Any]:
    """Read a JSON object; comments and trailing commas are accepted."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} cannot be read: {error}") from None
    text = _STRING_OR_COMMENT.sub(lambda found: found[1] or " ", text)
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


def _text(name: str, value: object) -> str:
    if isinstance(value, dict | list):
        raise SettingsError(f"local.settings.json: {name} must be a string, not {value!r:.40}")
    return "" if value is None else str(value)
