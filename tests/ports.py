"""Ports of 127.0.0.1 that nobody listens on."""

import socket
from contextlib import ExitStack


def free_port() -> int:
    """Return a free port."""
    (port,) = free_ports(1)
    return port


def free_ports(count: int) -> list[int]:
    """Return different free ports."""
    with ExitStack() as taken:
        sockets = [taken.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
