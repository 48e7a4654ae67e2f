"""host.json, as the real host reads it: names in any case, variables in place of values."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devhost.loose_json import SettingsError, read_object

_OVERRIDE = "azurefunctionsjobhost__"
_TIME_SPAN = re.compile(
    r"(?:(?P<days>\d{1,5})\.)?(?P<hours>\d{1,2}):(?P<minutes>[0-5]?\d)"
    r"(?::(?P<seconds>[0-5]?\d(?:\.\d{1,7})?))?"
)
_LEVELS = {"trace", "debug", "information", "warning", "error", "critical", "none"}
# Whole numbers of extensions.http; the real host does not start when one is something else.
_NUMBERS = ("maxOutstandingRequests", "maxConcurrentRequests")
# What the real host does and this one does not, named once at the start.
_NOT_DONE = (
    *(("extensions", "http", name) for name in ("hsts", "dynamicThrottlesEnabled", *_NUMBERS)),
    *(("healthMonitor",), ("singleton",), ("watchDirectories",), ("concurrency",), ("retry",)),
    ("logging", "applicationInsights"),
)


@dataclass(frozen=True)
class HostJson:
    """What host.json says.

    Attributes:
        route_prefix: what stands before each route; may be empty.
        functions: names of the only functions that are loaded, in lower case; None for all.
        custom_headers: what is added to each function's answer.
        function_timeout: seconds that a call may take; None for any time.
        log_levels: the least level of each category that is logged, as Python's names.
        not_done: what it asks for and this host does not do.
    """

    content: Mapping[str, Any] = field(repr=False, default_factory=dict)
    route_prefix: str = "api"
    functions: frozenset[str] | None = None
    custom_headers: tuple[tuple[str, str], ...] = ()
    function_timeout: float | None = None
    log_levels: tuple[tuple[str, str], ...] = ()
    not_done: tuple[str, ...] = ()

    def section(self, *path: str) -> Mapping[str, Any]:
        """Return an object below the file's top, empty when it is missing, null or a list."""
        found = _found(self.content, path)
        return found if isinstance(found, dict) else {}


def read(folder: Path) -> HostJson:
    """Read host.json and the variables ``AzureFunctionsJobHost__...`` that override it.

    Raises:
        SettingsError: the real host does not start with it; the message says why.
    """
    try:
        content = read_object(folder / "host.json")
    except FileNotFoundError:
        raise _refused('there is no host.json; write {"version": "2.0"} into it') from None
    except SettingsError as error:
        raise _refused(str(error)) from None
    for path, text in _overrides():
        _put(content, path, text)
    _check(content)
    return HostJson(
        content,
        _route_prefix(content),
        _functions(content),
        tuple(_custom_headers(content)),
        _timeout(content),
        tuple(_log_levels(content)),
        tuple(".".join(path) for path in _NOT_DONE if _found(content, path) is not None),
    )


def get(content: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a member, whatever the case of its name; None when it is missing."""
    return next((value for key, value in content.items() if key.lower() == name.lower()), None)


def time_span(value: object) -> float | None:
    """Return the seconds of a .NET time span such as ``00:00:30``; None when it is not one."""
    read = _TIME_SPAN.fullmatch(str(value))
    if read is None:
        return None
    parts = {unit: float(number or 0) for unit, number in read.groupdict().items()}
    hours = parts["days"] * 24 + parts["hours"]
    return (hours * 60 + parts["minutes"]) * 60 + parts["seconds"]


def _refused(reason: str) -> SettingsError:
    return SettingsError(f"the real host does not start: {reason}")


def _found(content: Mapping[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    value: Any = content
    for name in path:
        value = get(value, name) if isinstance(value, dict) else None
    return value


def _overrides() -> Iterator[tuple[list[str], str]]:
    for name, text in os.environ.items():
        if name.lower().startswith(_OVERRIDE) and (path := name[len(_OVERRIDE) :]):
            yield path.split("__"), text


def _put(content: dict[str, Any], path: list[str], text: str) -> None:
    """Put a variable's text where its name leads; a number as the last part is a list's place."""
    *folders, name = path
    if name.isdecimal() and folders:
        *folders, name = folders
        listed = _found(content, (*folders, name))
        value: Any = [*(listed if isinstance(listed, list) else []), text]
    else:
        value = int(text) if text.isdecimal() and text.isascii() else text
    for folder in folders:
        key = _key(content, folder)
        if not isinstance(content.get(key), dict):
            content[key] = {}
        content = content[key]
    content[_key(content, name)] = value


def _key(content: Mapping[str, Any], name: str) -> str:
    return next((key for key in content if key.lower() == name.lower()), name)


def _check(content: Mapping[str, Any]) -> None:
    if any(key.lower() == "version" for key in content) and get(content, "version") != "2.0":
        raise _refused('host.json: version must be the text "2.0"')
    for name in _NUMBERS:
        value = _found(content, ("extensions", "http", name))
        if value is not None and not re.fullmatch("-?[0-9]{1,10}", str(value)):
            raise _refused(f"host.json: extensions.http.{name} must be a whole number")


def _route_prefix(content: Mapping[str, Any]) -> str:
    http = _found(content, ("extensions", "http"))
    if not isinstance(http, dict) or not any(key.lower() == "routeprefix" for key in http):
        return "api"
    value = get(http, "routePrefix")
    return "" if value is None else str(value)


def _functions(content: Mapping[str, Any]) -> frozenset[str] | None:
    listed = get(content, "functions")
    if not isinstance(listed, list) or not listed:
        return None
    return frozenset(str(name).lower() for name in listed)


def _custom_headers(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    headers = _found(content, ("extensions", "http", "customHeaders"))
    for name, value in (headers if isinstance(headers, dict) else {}).items():
        yield name, "" if value is None else str(value)


def _timeout(content: Mapping[str, Any]) -> float | None:
    value = get(content, "functionTimeout")
    if value is None or str(value) == "-1":
        return None
    seconds = time_span(value)
    if seconds is None:
        raise _refused('host.json: functionTimeout must be a time like "00:05:00"')
    return seconds or None


def _log_levels(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    levels = _found(content, ("logging", "logLevel"))
    for category, value in (levels if isinstance(levels, dict) else {}).items():
        if str(value).lower() not in _LEVELS:
            wanted = ", ".join(sorted(level.title() for level in _LEVELS))
            raise _refused(f"host.json: logLevel of {category!r} must be one of {wanted}")
        yield category, str(value).lower()
