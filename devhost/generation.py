"""A worker with the host that answers through it; a change of the app makes a new one."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devhost.loading import LoadedApp, load
from devhost.queues.accounts import Accounts
from devhost.worker.process import WorkerOptions, WorkerProcess


@dataclass(frozen=True)
class Generation:
    """An app that is loaded in a process of its own.

    Attributes:
        worker: the process.
        app: the app with its host.
    """

    worker: WorkerProcess
    app: LoadedApp

    @classmethod
    async def load(
        cls,
        folder: Path,
        address: str,
        environment: Mapping[str, str],
        accounts: Accounts,
        options: WorkerOptions,
    ) -> "Generation":
        """Load an app and its settings; raises as ``loading.load`` does.

        Args:
            folder: its folder.
            address: where the host listens.
            environment: the variables without the app's settings.
            accounts: the queues, which outlive a generation.
            options: what its worker is started with.
        """
        before = dict(os.environ)
        workers: list[WorkerProcess] = []

        async def load_worker(folder: Path) -> WorkerProcess:
            workers.append(await WorkerProcess.load(folder, options))
            return workers[0]

        _set_environment(environment)
        try:
            has_timeout = options.debug_port is None
            app = await load(folder, address, load_worker, accounts, has_timeout=has_timeout)
        except BaseException:
            _set_environment(before)
            for worker in workers:
                await worker.stop(0)
            raise
        return cls(workers[0], app)

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
