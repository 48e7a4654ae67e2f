"""The worker's process: loads the app, then makes the calls that the host asks for.

It ends when it is told to, and at once when the host is gone, whatever the app is doing.
"""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from threading import Thread

from devhost import closed_output, records
from devhost.levels import Levels
from devhost.style import Style
from devhost.worker import debugger, protocol
from devhost.worker.functions import LoadError, Outcome, StartError
from devhost.worker.runtime import Worker


def main() -> None:
    """Run the worker of ``process.WorkerProcess``.

    Its arguments are a socket, a folder, the port for a debugger, empty for none, a style, and
    levels.
    """
    _, descriptor, folder, debug_port, style, levels = sys.argv
    _leave_signals_to_the_host()
    channel = socket.socket(fileno=int(descriptor))
    channel.set_inheritable(False)
    closed_output.survive_closed_output()
    records.set_up(Style.load(style))
    records.set_levels(Levels.load(levels))
    asyncio.run(_Child(channel).run(Path(folder), debug_port))


def _leave_signals_to_the_host() -> None:
    """Ignore Ctrl-C, which a terminal sends to both processes: the host says when to end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not SIG_IGN, which programs that the app starts would inherit.
        signal.signal(number, lambda *_: None)
    if hasattr(signal, "pthread_sigmask"):
        # The host has blocked them until now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})


class _Child:
    """The worker's side of the channel."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    async def run(self, folder: Path, debug_port: str) -> None:
        """Load the app of a folder, with a debugger if asked; make calls until told to stop."""
        loop = asyncio.get_running_loop()
        # In a thread, so that the end of the host is noticed while the app holds the loop.
        receiver = Thread(target=self._receive, args=(loop,), daemon=True)
        receiver.pydev_do_not_trace = True  # type: ignore[attr-defined] # runs at breakpoints too
        receiver.start()
        try:
            if debug_port:
                debugger.wait_for_client(int(debug_port))
            self._worker = await Worker.load(folder)
        except LoadError as error:
            self._send(protocol.Refused(str(error), error.stack_trace))
        except StartError as error:
            self._send(protocol.NotStarted(error.function, str(error)))
        else:
            self._send(protocol.Loaded(self._worker.functions, self._worker.left_out))
        await self._stopping.wait()

    def _receive(self, loop: asyncio.AbstractEventLoop) -> None:
        while header := self._read(protocol.HEADER):
            message = protocol.decode(self._read(protocol.size_of(header)))
            loop.call_soon_threadsafe(self._take, message)

    def _read(self, size: int) -> bytes:
        """Return that many bytes; end the process where the host has closed the channel."""
        received = bytearray()
        while len(received) < size:
            try:
                part = self._channel.recv(min(size - len(received), 1 << 20))
            except OSError:
                part = b""
            if not part:
                os._exit(0)
            received += part
        return bytes(received)

    def _take(self, message: object) -> None:
        match message:
            case protocol.Call(number=number):
                task = asyncio.create_task(self._call(message))
                self._calls[number] = task
                task.add_done_callback(lambda _: self._calls.pop(number))
            case protocol.Cancel(number=number) if number in self._calls:
                self._calls[number].cancel()
            case protocol.Stop():
                self._stopping.set()

    async def _call(self, call: protocol.Call) -> None:
        try:
            outcome = await self._worker.invoke(call.function, call.inputs, call.trigger_metadata)
        except Exception as error:  # noqa: BLE001 - the host logs it
            outcome = Outcome(None, {}, (f"{type(error).__name__}: {error}", ""))
        self._send(protocol.Ended(call.number, outcome))

    def _send(self, message: object) -> None:
        try:
            # The host always reads, so this does not wait for long.
            self._channel.sendall(protocol.encode(message))
        except OSError:
            os._exit(0)
