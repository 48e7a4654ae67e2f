"""What is wrong with an app, and where: the worker's refusals in words that lead to the line."""

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


def explained(error: LoadError, folder: Path) -> str:
    """Say what the worker refuses, where it stands, and what to do."""
    message = str(error).partition("Please check the requirements.txt")[0].strip()
    lines = [f"devhost: the worker refuses this app: {message}"]
    found = _REFUSED.search(message)
    if found is None:
        return "\n".join([*lines, *(f"  {place}" for place in _places(error, folder))])
    name = found[1] or found[2]
    lines.append(f"  {place_of(folder, name)}: function {name}")
    return "\n".join([*lines, f"  {_GUIDE}"] if found[1] else lines)


def start_explained(error: StartError, folder: Path) -> str:
    """Say why the real host does not start, where the cause is, and what to do."""
    if error.function:
        place = place_of(folder, error.function)
    else:
        place = line_of(folder / "host.json", "routePrefix")
    function = f": function {error.function}" if error.function else ""
    return f"devhost: the real host does not start: {error}\n  {place}{function}"


def of_routes(routes: RouteTable, folder: Path) -> list[str]:
    """Name the functions that no request can reach, each with the reason."""
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
    """Name the functions whose bindings cannot be used, each with the reason."""
    return [
        f"{place_of(folder, fault.function)}: {fault.function}"
        f" {'is in error' if fault.is_error else 'cannot send its messages'}: {fault.reason}."
        for fault in found
    ]


def _places(error: LoadError, folder: Path) -> list[str]:
    """Return the lines of the app, innermost last, that the failure went through."""
    places = re.findall(r'File "([^"]+)", line (\d+)', f"{error} {error.stack_trace}")
    own = [f"{file}:{line}" for file, line in places if Path(file).is_relative_to(folder)]
    return [place for place in dict.fromkeys(own) if "site-packages" not in place][-3:]
