"""local.settings.json, read by the rules of Core Tools, and the environment."""

import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devhost.configuration_values import boolean
from devhost.host_json import get
from devhost.loose_json import SettingsError, read_object

_DEFAULTS = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "FUNCTIONS_WORKER_RUNTIME_VERSION": f"{sys.version_info.major}.{sys.version_info.minor}",
    # As Core Tools: blocking handlers do not wait for each other; debug records reach the host.
    "PYTHON_THREADPOOL_THREAD_COUNT": "1000",
    "PYTHON_ENABLE_DEBUG_LOGGING": "1",
}
_DEAD_SWITCH = re.compile("AzureWebJobs__.+__Disabled", re.IGNORECASE)


@dataclass(frozen=True)
class LocalSettings:
    """What local.settings.json says.

    Attributes:
        values: its Values; empty and null ones are left out, as Core Tools does. Its
            ConnectionStrings are there as ``ConnectionStrings:NAME``.
        port: its Host.LocalHttpPort; None when it has none.
        cors_origins: the origins of its Host.CORS.
        cors_credentials: its Host.CORSCredentials.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    cors_origins: tuple[str, ...] = ()
    cors_credentials: bool = False


def read_local(folder: Path) -> LocalSettings:
    """Read local.settings.json; nothing when the file is missing.

    Raises:
        SettingsError: the file is not what Core Tools would accept.
    """
    try:
        content = read_object(folder / "local.settings.json")
    except FileNotFoundError:
        return LocalSettings()
    if get(content, "IsEncrypted") is not False:
        raise SettingsError('local.settings.json must hold "IsEncrypted": false')
    host = get(content, "Host")
    host = host if isinstance(host, dict) else {}
    return LocalSettings(
        _values(content) | _connection_strings(content),
        _port(get(host, "LocalHttpPort")),
        *_cors(get(host, "CORS"), get(host, "CORSCredentials")),
    )


def read_values(folder: Path) -> dict[str, str]:
    """Return the Values of local.settings.json; raises as ``read_local`` does."""
    return dict(read_local(folder).values)


def _values(content: Mapping[str, Any]) -> dict[str, str]:
    values = get(content, "Values")
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise SettingsError("Values of local.settings.json must be an object")
    texts = {name: _text(name, value) for name, value in values.items()}
    return {name: text for name, text in texts.items() if text}


def _cors(origins: object, credentials: object) -> tuple[tuple[str, ...], bool]:
    """Return the origins, and whether pages may send cookies; raises as ``read_local`` does."""
    wrong = SettingsError(
        "local.settings.json: Host.CORS must be a string, CORSCredentials a boolean"
    )
    if not isinstance(origins, str | None):
        raise wrong
    try:
        has_credentials = credentials is not None and boolean(credentials)
    except ValueError:
        raise wrong from None
    found = tuple(origin.lower() for origin in (origins or "").split(",") if origin)
    if has_credentials and found == ("*",):
        raise SettingsError(
            'local.settings.json: Host.CORS cannot be "*" with CORSCredentials: name the origins'
        )
    return found, has_credentials


def _connection_strings(content: Mapping[str, Any]) -> dict[str, str]:
    found = get(content, "ConnectionStrings")
    found = {} if found is None else found
    if not isinstance(found, dict):
        raise SettingsError("ConnectionStrings of local.settings.json must be an object")
    texts = {}
    for name, value in found.items():
        text = get(value, "ConnectionString") if isinstance(value, dict) else value
        texts[f"ConnectionStrings:{name}"] = _text(name, text)
    return {name: text for name, text in texts.items() if text}


def _port(value: object) -> int | None:
    if value is None:
        return None
    if not str(value).isdecimal() or int(str(value)) not in range(65_536):
        raise SettingsError("local.settings.json: Host.LocalHttpPort must be from 0 to 65535")
    return int(str(value))


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
    if hasattr(time, "tzset"):  # not on Windows
        time.tzset()
    os.chdir(folder)
    return skipped


def find_dead_switches() -> list[str]:
    """Return variables that look as if they switched a function off, and do not.

    With two underscores, ``AzureWebJobs__NAME__Disabled``, the real host still runs the function.
    """
    return [name for name in os.environ if _DEAD_SWITCH.fullmatch(name)]


def is_given(name: str) -> bool:
    """Return whether the environment has a value for a setting, be it by ``NAME__part``."""
    return any(
        value and (found == name or found.startswith(f"{name}__"))
        for found, value in os.environ.items()
    )


def _text(name: str, value: object) -> str:
    if isinstance(value, dict | list):
        raise SettingsError(f"local.settings.json: {name} must be a string, not {value!r:.40}")
    text = "" if value is None else str(value)
    if not name or set(name) & {"=", "\0"} or "\0" in text:
        raise SettingsError(f"local.settings.json: {name!a} cannot be a variable's name or value")
    try:
        f"{name}{text}".encode()
    except UnicodeEncodeError:
        raise SettingsError(f"local.settings.json: {name!a} holds an unpaired surrogate") from None
    return text
