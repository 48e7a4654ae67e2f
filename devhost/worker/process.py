"""The app in a process of its own, as in Azure: the host goes on when the worker is replaced."""

import asyncio
import itertools
import signal
import socket
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from devhost.host_json import HostJson
from devhost.worker import protocol
from devhost.worker.functions import Function, LoadError, Outcome, StartError
from devhost.worker.messages import TypedData
from devhost.worker.spawning import WorkerOptions, spawn

_EXIT_SECONDS = 5.0  # for the app's own exit handlers
_LAST_WORDS = 1.0  # seconds for what a process has sent before it ended


class WorkerProcess:
    """A ``Runner`` whose functions run in another process.

    Attributes:
        functions: see ``Worker``.
        left_out: see ``Worker``.
        is_ending: whether the process has ended or soon will: it takes no more calls.
        ended: set once the process has ended, for whatever reason.
        has_served: whether it has made any call to its end.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        timeout: float | None,
    ) -> None:
        self.functions: list[Function] = []
        self.left_out: list[str] = []
        self.is_ending = False
        self.ended = asyncio.Event()
        self.has_served = False
        self._process = process
        self._reader = reader
        self._writer = writer
        self._timeout = timeout
        self._numbers = itertools.count()
        self._calls: dict[int, asyncio.Future[Outcome]] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._loading: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._watching = asyncio.create_task(self._watch())

    @classmethod
    async def load(
        cls, folder: Path, options: WorkerOptions, host_json: HostJson
    ) -> "WorkerProcess":
        """Start a process and load ``function_app.py`` of a folder in it.

        Args:
            folder: the app's folder.
            options: how to start it.
            host_json: what limits its calls, and what it prints.

        Raises:
            LoadError: with the worker's reason.
            StartError: the real host does not start with this app.
        """
        ours, theirs = socket.socketpair()
        with closing(theirs):
            try:
                process = await spawn(theirs, folder, options, host_json.log_levels)
            except BaseException:
                ours.close()
                raise
        is_debugged = options.debug_port is not None
        timeout = None if is_debugged else host_json.function_timeout
        worker = cls(process, *await asyncio.open_connection(sock=ours), timeout)
        try:
            await worker._loaded()
        except BaseException:
            await worker.stop(0)
            raise
        return worker

    async def invoke(
        self,
        function: Function,
        inputs: Mapping[str, TypedData],
        trigger_metadata: Mapping[str, TypedData] | None = None,
    ) -> Outcome:
        """See ``Runner.invoke``; a call fails when the process ends before it.

        A call that takes longer than functionTimeout of host.json fails, and the process is ended,
        as on the real host: nothing else ends a thread.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._call(function, inputs, trigger_metadata)
        except TimeoutError:
            self.has_served = True
            self.kill()
            reason = f"took longer than functionTimeout of host.json ({self._timeout:g} s)"
            return Outcome(None, {}, (reason, ""))

    async def _call(
        self,
        function: Function,
        inputs: Mapping[str, TypedData],
        trigger_metadata: Mapping[str, TypedData] | None,
    ) -> Outcome:
        if self.is_ending:
            return self._failure()
        number = next(self._numbers)
        self._calls[number] = asyncio.get_running_loop().create_future()
        self._idle.clear()
        try:
            self._send(protocol.Call(number, function, inputs, trigger_metadata))
            return await self._calls[number]
        except asyncio.CancelledError:
            self._send(protocol.Cancel(number))
            raise
        finally:
            del self._calls[number]
            if not self._calls:
                self._idle.set()

    async def stop(self, seconds: float) -> None:
        """Wait for the calls under way, for some seconds at most; then end the process."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
                self._send(protocol.Stop())
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), _EXIT_SECONDS)
        self.kill()
        # Not for `ended`: when the event loop ends it cancels all of its tasks, this one included.
        await asyncio.gather(self._watching, return_exceptions=True)

    def kill(self) -> None:
        """End the process at once; calls under way fail."""
        self.is_ending = True
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    def describe_end(self) -> str:
        """Return how the process has ended."""
        code = self._process.returncode
        if code is None:
            return "the worker's process is ending"
        if code < 0:
            return f"the worker's process was ended by {signal.Signals(-code).name}"
        return f"the worker's process ended with code {code}"

    async def _loaded(self) -> None:
        """Wait until the app is loaded; raises as ``load`` does."""
        match await self._loading:
            case protocol.Loaded(functions, left_out):
                self.functions, self.left_out = functions, left_out
            case protocol.Refused(message, stack_trace):
                raise LoadError(message, stack_trace)
            case protocol.NotStarted(function, reason):
                raise StartError(function, reason)
            case _:
                raise LoadError(f"function_app.py ends its process: {self.describe_end()}.")

    def _send(self, message: object) -> None:
        if not self._writer.is_closing():
            self._writer.write(protocol.encode(message))

    async def _receive(self) -> None:
        """Take the worker's messages until it closes the channel."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                header = await self._reader.readexactly(protocol.HEADER)
                value = await self._reader.readexactly(protocol.size_of(header))
                self._take(protocol.decode(value))

    def _take(self, message: object) -> None:
        match message:
            case protocol.Ended(number, outcome):
                self.has_served = True
                self._settle(number, outcome)
            case _:
                self._loading.set_result(message)

    def _settle(self, number: int, outcome: Outcome) -> None:
        call = self._calls.get(number)
        if call is not None and not call.done():
            call.set_result(outcome)

    async def _watch(self) -> None:
        """Wait for the end of the process; what waits for an answer fails then."""
        receiving = asyncio.create_task(self._receive())
        exiting = asyncio.create_task(self._process.wait())
        both = {receiving, exiting}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        self.is_ending = True
        # A process of the app's own may keep the channel open, or the app may have closed it.
        await asyncio.wait(both, timeout=_EXIT_SECONDS if receiving.done() else _LAST_WORDS)
        self.kill()
        await exiting
        receiving.cancel()
        self._writer.close()
        self.ended.set()
        for number in self._calls:
            self._settle(number, self._failure())
        if not self._loading.done():
            self._loading.set_result(None)

    def _failure(self) -> Outcome:
        return Outcome(None, {}, (f"{self.describe_end()}", ""))
