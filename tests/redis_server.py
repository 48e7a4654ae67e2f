"""A real redis-server for tests, that can be frozen, killed and started again."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

import pytest
import redis

from devhost.redis import missing, running_redis


class RedisServer:
    """A server on a free port.

    Args:
        options: further options of redis-server.
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        self._life = ExitStack()
        self._pid = 0
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._life.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, on the port of before if there was one; it holds nothing."""
        self.port, self._pid = self._life.enter_context(
            running_redis(*self._options, port=self.port)
        )

    def kill(self) -> None:
        """End it as a crash would."""
        os.kill(self._pid, signal.SIGKILL)
        self._life.close()

    def freeze(self) -> None:
        """Let it answer nobody, with every connection open."""
        os.kill(self._pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self._pid, signal.SIGCONT)

    @contextmanager
    def client(self) -> Iterator[redis.Redis]:
        """Return a client of the library's own, to look and to plant."""
        with redis.Redis(port=self.port, socket_timeout=10) as client:
            yield client

    def ask(self, *command: Any) -> Any:
        """Send one command and return the answer."""
        with self.client() as client:
            return client.execute_command(*command)  # type: ignore[no-untyped-call]


def redis_or_skip(*options: str) -> RedisServer:
    """Return a server to be started; skip the test where the program is missing."""
    if reason := missing():
        pytest.skip(f"NOT TESTED with Redis: {reason}")
    return RedisServer(*options)


def nobody_listens() -> str:
    """Return the URL of a port of 127.0.0.1 that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"redis://127.0.0.1:{server.getsockname()[1]}"
