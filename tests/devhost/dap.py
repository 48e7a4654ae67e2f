"""A client of the Debug Adapter Protocol, as far as an editor's F5 needs one.

https://microsoft.github.io/debug-adapter-protocol/specification
"""

import itertools
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Client:
    """A debugger that is connected."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")
        self._numbers = itertools.count(1)
        self._waiting: list[Mapping[str, Any]] = []

    def send(self, command: str, **arguments: object) -> int:
        """Send a request; return its number."""
        number = next(self._numbers)
        request = {"seq": number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(request).encode()
        self._connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        return number

    def answer_to(self, number: int) -> Any:
        """Wait for the answer to a request; return its body."""
        return self._next(request_seq=number, type="response").get("body")

    def ask(self, command: str, **arguments: object) -> Any:
        """Send a request; return the body of its answer."""
        return self.answer_to(self.send(command, **arguments))

    def event(self, name: str) -> Any:
        """Wait for an event; return its body."""
        return self._next(event=name, type="event").get("body")

    def attach(self, file: Path, line: int, **settings: object) -> None:
        """Attach as an editor does, with a breakpoint."""
        self.ask("initialize", adapterID="debugpy", clientID="test", pathFormat="path")
        attaching = self.send("attach", **settings)
        self.event("initialized")
        source = {"path": str(file)}
        found = self.ask("setBreakpoints", source=source, breakpoints=[{"line": line}])
        assert [one["line"] for one in found["breakpoints"]] == [line]
        self.ask("configurationDone")
        self.answer_to(attaching)

    def _next(self, **members: object) -> Mapping[str, Any]:
        """Return the first message with such members, be it one that came before."""
        for message in self._messages():
            if members.items() <= message.items():
                self._waiting.remove(message)
                return message
        raise AssertionError(f"the debugger left before it sent {members}")

    def _messages(self) -> Iterator[Mapping[str, Any]]:
        yield from list(self._waiting)
        while header := self._file.readline():
            self._file.readline()
            message = json.loads(self._file.read(int(header.partition(b":")[2])))
            assert message.get("success", True), message
            self._waiting.append(message)
            yield message


@contextmanager
def connected(port: int) -> Iterator[Client]:
    """Connect to a debug adapter on this machine."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        yield Client(connection)
