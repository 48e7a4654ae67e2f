"""The app while it is served: its worker is replaced when its files change, or when it ends.

docs/decisions/0025-a-worker-that-is-replaced.md says why.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from devhost import faults, log
from devhost.generation import Generation, Site
from devhost.http.requests import Request
from devhost.http.responses import Response
from devhost.loose_json import SettingsError
from devhost.queues.accounts import Accounts
from devhost.readiness import Readiness
from devhost.report import Report
from devhost.sources import check_syntax
from devhost.watching import Watch
from devhost.worker.functions import LoadError, StartError
from devhost.worker.spawning import WorkerOptions

_GRACE = 30.0  # seconds for calls of a worker that is replaced
_UNUSED_LIVES = 3  # workers one after another that ended without having made a call
_NAMED = 3  # files that are named when they change
_UNAVAILABLE = Response(503)


class LiveApp:
    """The app of a folder.

    Args:
        site: where it is.
        options: what its workers are started with.
        readiness: asked by ``load``, and again after a change of settings.
        is_watched: whether a change of its files replaces its worker.

    Attributes:
        current: what answers at present; set by ``load``.
    """

    current: Generation

    def __init__(
        self, site: Site, options: WorkerOptions, readiness: Readiness, *, is_watched: bool
    ) -> None:
        self._readiness = readiness
        self._site = site
        self._is_watched = is_watched
        self._options = options
        self._accounts = Accounts()
        self._report = Report()
        self._is_down = False
        self._unused_lives = 0
        self._replaced = asyncio.Event()
        self._retiring: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Load the app for the first time and print what there is to know of it.

        Raises as ``loading.load`` does.
        """
        self._watch = Watch(self._site.folder) if self._is_watched else None
        self.current = await self._load()
        await self._readiness.ask(self.handle)

    def start(self) -> None:
        """Start the background functions, and replace the worker when there is a reason."""
        self.current.app.host.background.start()
        self._keeping = asyncio.create_task(self._keep())

    async def handle(self, request: Request) -> tuple[Response, str]:
        """See ``Host.handle``; waits while a worker that has ended is replaced."""
        while self.current.worker.is_ending:
            if self._is_down:
                return _UNAVAILABLE, "-"
            await self._replaced.wait()
        return await self.current.handle(request)

    def stop(self) -> None:
        """Start nothing more; calls under way go on."""
        self._keeping.cancel()
        self._readiness.stop()
        self.current.app.host.background.stop()

    async def finish(self, seconds: float) -> None:
        """After ``stop``, wait for calls under way, for some seconds at most; then end all."""
        await asyncio.wait({self._keeping})
        await asyncio.gather(self.current.retire(seconds), *self._retiring)
        await self.current.app.host.background.close()

    async def _load(self) -> Generation:
        loaded = await Generation.load(self._site, self._accounts, self._options)
        self._report.print_notes(loaded.app)
        self._report.print_functions(loaded.app.host)
        return loaded

    async def _keep(self) -> None:
        while True:
            if changed := await self._next_change():
                await self._reload(changed)
            else:
                await self._restart()

    async def _next_change(self) -> list[Path]:
        """Wait for files that change; return none where the worker ends before."""
        change = asyncio.create_task(self._changed_files())
        end = asyncio.create_task(self._unexpected_end())
        try:
            await asyncio.wait({change, end}, return_when=asyncio.FIRST_COMPLETED)
            return change.result() if change.done() else []
        finally:
            change.cancel()
            end.cancel()

    async def _changed_files(self) -> list[Path]:
        if self._watch is None:
            await asyncio.Event().wait()
            return []
        return await self._watch.next_change()

    async def _unexpected_end(self) -> None:
        if self._is_down:
            await asyncio.Event().wait()
        await self.current.worker.ended.wait()

    async def _reload(self, changed: Sequence[Path]) -> None:
        began = time.monotonic()
        try:
            check_syntax(changed)
            await self._replace()
        except SyntaxError as error:
            self._keep_old(faults.summarize_syntax_error(error))
        except (LoadError, StartError, SettingsError, OSError) as error:
            self._keep_old(faults.summarize(error, self._site.folder))
        else:
            seconds = time.monotonic() - began
            log.print_event(f"Reloaded in {seconds:.2f} s: {self._name(changed)}.")
            if self._readiness.problem or any(path.suffix == ".json" for path in changed):
                self._readiness.ask_again(self.handle)

    async def _restart(self) -> None:
        worker = self.current.worker
        self._unused_lives = 0 if worker.has_served else self._unused_lives + 1
        how = worker.describe_end()
        if self._unused_lives == _UNUSED_LIVES:
            self._give_up(f"{how}, {_UNUSED_LIVES} times before it made a call")
            return
        log.print_event(f"{how[:1].upper()}{how[1:]}; starting it again.")
        try:
            await self._replace()
        except (LoadError, StartError, SettingsError, OSError) as error:
            self._give_up(faults.summarize(error, self._site.folder))

    async def _replace(self) -> None:
        old, self.current = self.current, await self._load()
        self.current.app.host.background.start()
        retiring = asyncio.create_task(old.retire(_GRACE))
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)
        self._wake(is_down=False)

    def _keep_old(self, reason: str) -> None:
        rest = "Requests get 503" if self._is_down else "The code from before still runs"
        log.print_event(f"Not reloaded: {reason}. {rest}.")

    def _give_up(self, reason: str) -> None:
        rest = "until a file changes" if self._watch else "until you start it again"
        log.print_event(f"Not started again: {reason}. Requests get 503 {rest}.")
        self._wake(is_down=True)

    def _wake(self, *, is_down: bool) -> None:
        """Let requests go on that wait for another worker."""
        self._is_down = is_down
        replaced, self._replaced = self._replaced, asyncio.Event()
        replaced.set()

    def _name(self, changed: Sequence[Path]) -> str:
        if len(changed) > _NAMED:
            return f"{len(changed)} files changed"
        names = [str(path.relative_to(self._site.folder)) for path in changed]
        return f"{', '.join(names)} changed"
