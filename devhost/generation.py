"""A worker with the host that answers through it; a change of the app makes a new one."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devhost.host_json import HostJson
from devhost.http.cors import Cors
from devhost.http.home import Home
from devhost.http.requests import Handler
from devhost.loading import LoadedApp, load
from devhost.queues.accounts import Accounts
from devhost.worker.process import WorkerProcess
from devhost.worker.spawning import WorkerOptions


@dataclass(frozen=True)
class Site:
    """Where an app is, and where it is served.

    Attributes:
        folder: its folder.
        address: where the host listens.
        page: a page of the app, which ``/`` leads to; empty for none.
        environment: the variables without the app's settings: those of now.
    """

    folder: Path
    address: str
    page: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


@dataclass(frozen=True)
class Generation:
    """An app that is loaded in a process of its own.

    Attributes:
        worker: the process.
        app: the app with its host.
        handle: answers requests: the host's functions, the way to the app's page, and CORS.
    """

    worker: WorkerProcess
    app: LoadedApp
    handle: Handler

    @classmethod
    async def load(cls, site: Site, accounts: Accounts, options: WorkerOptions) -> "Generation":
        """Load an app and its settings; raises as ``loading.load`` does.

        Args:
            site: where it is.
            accounts: the queues, which outlive a generation.
            options: what its worker is started with.
        """
        before = dict(os.environ)
        workers: list[WorkerProcess] = []

        async def load_worker(folder: Path, host_json: HostJson) -> WorkerProcess:
            workers.append(await WorkerProcess.load(folder, options, host_json))
            return workers[0]

        _set_environment(site.environment)
        try:
            app = await load(site.folder, site.address, load_worker, accounts)
        except BaseException:
            _set_environment(before)
            for worker in workers:
                await worker.stop(0)
            raise
        home = Home(site.page, app.host.routes.prefix)
        cors = Cors(app.settings.cors_origins, app.settings.cors_credentials)
        return cls(workers[0], app, cors.wrap(home.wrap(app.host.handle)))

    async def retire(self, seconds: float) -> None:
        """Start nothing more, let calls under way end within some seconds, and end the process.

        Calls that take longer fail; a queue's message then comes again.
        """
        deadline = time.monotonic() + seconds
        background = self.app.host.background
        background.stop()
        await background.wait(seconds)
        await self.worker.stop(max(0, deadline - time.monotonic()))
        await background.finish(seconds)


def _set_environment(values: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(values)
