"""host.json, as the real host reads it: names in any case, variables in place of values."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devhost.configuration_values import boolean, log_level, time_span, timeout, whole_number
from devhost.levels import Levels
from devhost.loose_json import SettingsError, line_of, read_object

_OVERRIDE = "azurefunctionsjobhost__"
_SMALLEST = 'the smallest host.json is {"version": "2.0"}'
_HTTP = ("extensions", "http")
_REFUSED = "the real host does not start"
# Values that the real host converts from text; it does not start when it cannot.
_READERS: Mapping[tuple[str, ...], Callable[[object], object]] = {
    ("functionTimeout",): timeout,
    (*_HTTP, "maxOutstandingRequests"): whole_number,
    (*_HTTP, "maxConcurrentRequests"): whole_number,
    (*_HTTP, "dynamicThrottlesEnabled"): boolean,
    (*_HTTP, "hsts", "isEnabled"): boolean,
    (*_HTTP, "hsts", "maxAge"): time_span,
}
# What the real host supports and this one does not, named once at the start.
_UNSUPPORTED = (
    *((*_HTTP, name) for name in ("hsts", "dynamicThrottlesEnabled")),
    *((*_HTTP, name) for name in ("maxOutstandingRequests", "maxConcurrentRequests")),
    *(("healthMonitor",), ("singleton",), ("watchDirectories",), ("concurrency",), ("retry",)),
    ("logging", "applicationInsights"),
)
_ALL = Levels()


@dataclass(frozen=True)
class HostJson:
    """What host.json says.

    Attributes:
        route_prefix: what stands before each route; may be empty.
        functions: names of the only functions that are loaded, in lower case; None for all.
        custom_headers: what is added to each function's answer.
        function_timeout: seconds that a call may take; None for any time.
        log_levels: the least level of each category that is printed.
        not_done: what it asks for and this host does not do.
    """

    content: Mapping[str, Any] = field(repr=False, default_factory=dict)
    route_prefix: str = "api"
    functions: frozenset[str] | None = None
    custom_headers: tuple[tuple[str, str], ...] = ()
    function_timeout: float | None = None
    log_levels: Levels = _ALL
    not_done: tuple[str, ...] = ()

    def section(self, *path: str) -> Mapping[str, Any]:
        """Return an object below the file's top, empty when it is missing, null or a list."""
        found = _lookup(self.content, path)
        return found if isinstance(found, dict) else {}


def read(folder: Path) -> HostJson:
    """Read host.json and the variables ``AzureFunctionsJobHost__...`` that override it.

    Raises:
        SettingsError: the real host does not start with it; the message says why.
    """
    file = folder / "host.json"
    try:
        content = read_object(file)
    except FileNotFoundError:
        raise SettingsError(f"{_REFUSED}: {file} is missing; {_SMALLEST}") from None
    except SettingsError as error:
        raise SettingsError(f"{_REFUSED}: {error}\n  {_SMALLEST}") from None
    for path, text in _overrides():
        _put(content, path, text)
    try:
        return _parse(content)
    except _WrongValueError as error:
        raise SettingsError(f"{_REFUSED}: {error}\n  {_place(file, error.path)}") from None


class _WrongValueError(Exception):
    """A value with which the real host does not start.

    Args:
        path: where it is in host.json.
        wanted: what it must be.
        value: what it is.
    """

    def __init__(self, path: tuple[str, ...], wanted: object, value: object) -> None:
        super().__init__(f"{'.'.join(path)} must be {wanted}, not {value!r:.40}")
        self.path = path


def _place(file: Path, path: tuple[str, ...]) -> str:
    """Return where a value is set: its line, or the variable that overrides it."""
    for name in os.environ:
        if name.lower() == (_OVERRIDE + "__".join(path)).lower():
            return f"the variable {name}"
    return line_of(file, path[-1])


def _parse(content: Mapping[str, Any]) -> HostJson:
    if any(key.lower() == "version" for key in content) and get(content, "version") != "2.0":
        raise _WrongValueError(("version",), 'the text "2.0"', get(content, "version"))
    values = {path: _value(content, path, read) for path, read in _READERS.items()}
    return HostJson(
        content,
        _route_prefix(content),
        _functions(content),
        tuple(_custom_headers(content)),
        values["functionTimeout",],
        Levels(tuple(_log_levels(content))),
        tuple(".".join(path) for path in _UNSUPPORTED if _lookup(content, path) is not None),
    )


def _value(
    content: Mapping[str, Any], path: tuple[str, ...], read: Callable[[object], object]
) -> Any:  # noqa: ANN401 - the readers differ
    value = _lookup(content, path)
    if value is None or isinstance(value, dict | list):
        return None  # to .NET's configuration a section has no value
    try:
        return read(value)
    except ValueError as error:
        raise _WrongValueError(path, error, value) from None


def get(content: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a member, whatever the case of its name; None when it is missing."""
    return next((value for key, value in content.items() if key.lower() == name.lower()), None)


def _lookup(content: Mapping[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    value: Any = content
    for name in path:
        value = get(value, name) if isinstance(value, dict) else None
    return value


def _overrides() -> Iterator[tuple[list[str], str]]:
    for name, text in os.environ.items():
        if name.lower().startswith(_OVERRIDE) and (path := name[len(_OVERRIDE) :]):
            yield path.split("__"), text


def _put(content: dict[str, Any], path: list[str], text: str) -> None:
    """Set the value that a variable's name leads to; a number as last part is a list index."""
    *folders, name = path
    if name.isdecimal() and folders:
        *folders, name = folders
        listed = _lookup(content, (*folders, name))
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


def _route_prefix(content: Mapping[str, Any]) -> str:
    http = _lookup(content, ("extensions", "http"))
    if not isinstance(http, dict) or not any(key.lower() == "routeprefix" for key in http):
        return "api"
    value = get(http, "routePrefix")
    if isinstance(value, dict | list):
        return "api"  # to .NET's configuration a section has no value
    return "" if value is None else str(value)


def _functions(content: Mapping[str, Any]) -> frozenset[str] | None:
    listed = get(content, "functions")
    if not isinstance(listed, list) or not listed:
        return None
    return frozenset(str(name).lower() for name in listed)


def _custom_headers(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    headers = _lookup(content, ("extensions", "http", "customHeaders"))
    for name, value in (headers if isinstance(headers, dict) else {}).items():
        yield name, "" if value is None else str(value)


def _log_levels(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    path = ("logging", "logLevel")
    levels = _lookup(content, path)
    for category, value in (levels if isinstance(levels, dict) else {}).items():
        if value != "" and (level := _value(content, (*path, category), log_level)):
            yield category, level
