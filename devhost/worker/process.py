"""The app in a process of its own, as in Azure: the host goes on when the worker is replaced."""

import asyncio
import itertools
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from devhost.style import Style
from devhost.worker import protocol
from devhost.worker.functions import Function, LoadError, Outcome, StartError
from devhost.worker.messages import TypedData

# With this process's path, so that the app finds what it would find here.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1));"
    "from devhost.worker.child import main; main()"
)
_DEFAULT = Style()
_EXIT_SECONDS = 5.0  # for the app's own exit handlers
_LAST_WORDS = 1.0  # seconds for what a process has sent before it ended


@dataclass(frozen=True)
class WorkerOptions:
    """What a worker is started with.

    Attributes:
        style: how it prints.
        debug_port: where it waits for a debugger before it loads the app; None for none.
    """

    style: Style = _DEFAULT
    debug_port: int | None = None


class WorkerProcess:
    """A ``Runner`` whose functions run in another process.

    Attributes:
        functions: see ``Worker``.
        left_out: see ``Worker``.
        ended: set once the process has ended, for whatever reason.
        has_served: whether it has made any call to its end.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.functions: list[Function] = []
        self.left_out: list[str] = []
        self.ended = asyncio.Event()
        self.has_served = False
        self._process = process
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count()
        self._calls: dict[int, asyncio.Future[Outcome]] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._loading: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._watching = asyncio.create_task(self._watch())

    @classmethod
    async def load(cls, folder: Path, options: WorkerOptions) -> "WorkerProcess":
        """Start a process and load ``function_app.py`` of a folder in it.

        Args:
            folder: the app's folder.
            options: how to start it.

        Raises:
            LoadError: with the worker's reason.
            StartError: the real host does not start with this app.
        """
        ours, theirs = socket.socketpair()
        with closing(theirs):
            try:
                process = await _start(theirs, folder, options)
            except BaseException:
                ours.close()
                raise
        worker = cls(process, *await asyncio.open_connection(sock=ours))
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
        """See ``Runner.invoke``; a call fails when the process ends before it."""
        if self.ended.is_set():
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
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    def describe_end(self) -> str:
        """Return how the process has ended."""
        code = self._process.returncode
        if code is not None and code < 0:
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


async def _start(
    channel: socket.socket, folder: Path, options: WorkerOptions
) -> asyncio.subprocess.Process:
    channel.set_inheritable(True)
    port = "" if options.debug_port is None else str(options.debug_port)
    arguments = [json.dumps(sys.path), str(channel.fileno()), str(folder), port]
    arguments.append(options.style.dump())
    # Options such as -W and -X dev are meant for the app; multiprocessing passes them on likewise.
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined] # noqa: SLF001
    # A debugger cannot see into frozen modules, and says so at length.
    flags += ["-X", "frozen_modules=off"] if port else []
    with _signals_blocked():
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *flags, "-c", _PROGRAM, *arguments), close_fds=False
        )


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Keep Ctrl-C from a process that starts, until it says itself what to do on it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
