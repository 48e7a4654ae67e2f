"""What is printed of an app that was loaded."""

from devhost import log
from devhost.host import Host
from devhost.loading import LoadedApp
from devhost.triggers.bindings import kind_of
from devhost.worker.functions import is_disabled


class Report:
    """Prints what there is to know of an app; when it is loaded again, only what is new."""

    def __init__(self) -> None:
        self._printed: set[str] = set()
        self._functions: list[str] = []

    def print_notes(self, app: LoadedApp) -> None:
        """Print its notes and faults."""
        for note in app.notes:
            if note not in self._printed:
                log.print_note(note)
        for fault in app.faults:
            if fault not in self._printed:
                log.print_note(fault, to_stderr=True)
        self._printed = {*app.notes, *app.faults}

    def print_functions(self, host: Host) -> None:
        """Print the routes in the order in which they are tried, then the background functions."""
        lines = _describe(host)
        if lines != self._functions:
            self._functions = lines
            log.print_note("\n".join(lines))


def _describe(host: Host) -> list[str]:
    """Return a line for each function."""
    prefix = f"/{host.routes.prefix}/" if host.routes.prefix else "/"
    routes = [
        (
            ",".join(sorted(route.methods)) or "*",
            prefix + route.template.lstrip("/"),
            route.function,
        )
        for route in host.routes.routes
    ]
    background = host.background
    rows = [("timer", timer.text, timer.function.name) for timer in background.timers]
    rows += [("queue", one.queue.name, one.function.name) for one in background.listeners]
    rows = [row for row in rows if not is_disabled(row[2])]
    functions = host.worker.functions
    disabled = [function.name for function in functions if is_disabled(function.name)]
    others = [one.name for one in functions if kind_of(one) not in {"http", "timer", "queue"}]
    return [
        *_aligned(routes),
        *_aligned(rows),
        *_named("Disabled by a setting", disabled),
        *_named("Not run by this host", others),
    ]


def _aligned(rows: list[tuple[str, str, str]]) -> list[str]:
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return [
        f"  {first:<{widths[0]}}  {second:<{widths[1]}}  {name}" for first, second, name in rows
    ]


def _named(heading: str, names: list[str]) -> list[str]:
    return [f"{heading}: {', '.join(names)}."] if names else []
