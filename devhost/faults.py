"""Faults of an app as text: what is wrong, in which file and line, and what to do."""

import re
from collections.abc import Iterable
from pathlib import Path

from devhost.http.routing import RouteTable
from devhost.loose_json import line_of
from devhost.sources import place_of
from devhost.triggers.background import Fault
from devhost.worker.functions import LoadError, StartError

_GUIDE = (
    "A handler's parameters must be those of its bindings: (req: func.HttpRequest) ->"
    " func.HttpResponse. Values from the path are in req.route_params."
)
_REFUSED = re.compile(r"cannot load the (\w+) function|Function (\w+) does not have")


def describe_load_error(error: LoadError, folder: Path) -> str:
    """Describe what the worker refuses: the reason, the place and the fix."""
    message = _reason(error)
    lines = [f"devhost: the worker refuses this app: {message}"]
    found = _REFUSED.search(message)
    if found is None:
        return "\n".join([*lines, *(f"  {place}" for place in _places(error, folder))])
    name = found[1] or found[2]
    lines.append(f"  {place_of(folder, name)}: function {name}")
    return "\n".join([*lines, f"  {_GUIDE}"] if found[1] else lines)


def describe_start_error(error: StartError, folder: Path) -> str:
    """Describe why the real host does not start: the reason, the place and the fix."""
    place = _start_place(error, folder)
    function = f": function {error.function}" if error.function else ""
    return f"devhost: the real host does not start: {error}\n  {place}{function}"


def summarize(error: Exception, folder: Path) -> str:
    """Return in one line where an app's fault is and what it is."""
    match error:
        case StartError():
            place = _start_place(error, folder)
        case LoadError():
            place = _load_place(error, folder)
        case _:
            place = ""
    reason = " ".join(_reason(error).split()).rstrip(".")
    return f"{place}: {reason}" if place else reason


def summarize_syntax_error(error: SyntaxError) -> str:
    """Return file, line and reason of a syntax error."""
    return f"{error.filename}:{error.lineno or 1}: SyntaxError: {error.msg}"


def of_routes(routes: RouteTable, folder: Path) -> list[str]:
    """Return a line for each function that no request can reach, with the reason."""
    refused = [
        f"{place_of(folder, route.function)}: {route.function} ({route.template}) is refused:"
        f" {reason}."
        for route, reason in routes.refused
    ]
    return refused + [
        f"{place_of(folder, later.function)}: {later.function} ({later.template}) can never be"
        f" reached: {earlier.function} ({earlier.template}) comes first by name and takes all of"
        " its requests."
        for later, earlier in routes.shadowed()
    ]


def of_bindings(found: Iterable[Fault], folder: Path) -> list[str]:
    """Return a line for each function whose bindings cannot be used, with the reason."""
    return [
        f"{place_of(folder, fault.function)}: {fault.function}"
        f" {'is in error' if fault.is_error else 'cannot send its messages'}: {fault.reason}."
        for fault in found
    ]


def _reason(error: Exception) -> str:
    return str(error).partition("Please check the requirements.txt")[0].strip()


def _start_place(error: StartError, folder: Path) -> str:
    if error.function:
        return place_of(folder, error.function)
    return line_of(folder / "host.json", "routePrefix")


def _load_place(error: LoadError, folder: Path) -> str:
    if found := _REFUSED.search(str(error)):
        return place_of(folder, found[1] or found[2])
    return next(reversed(_places(error, folder)), "")


def _places(error: LoadError, folder: Path) -> list[str]:
    """Return the lines of the app, innermost last, that the failure went through."""
    places = re.findall(r'File "([^"]+)", line (\d+)', f"{error} {error.stack_trace}")
    own = [f"{file}:{line}" for file, line in places if Path(file).is_relative_to(folder)]
    return [place for place in dict.fromkeys(own) if "site-packages" not in place][-3:]
