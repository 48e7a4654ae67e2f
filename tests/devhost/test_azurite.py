"""`python -m devhost.azurite`, which `make azurite` runs: all of Azurite, for `func start`."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devhost.npm import missing_tools
from tests.ports import free_ports
from tests.tree import ROOT

_SERVICES = ("blob", "queue", "table")


@pytest.mark.azurite
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_of_azurite(tmp_path: Path, number: signal.Signals) -> None:
    """Blobs, queues and tables are served until a signal comes; then nothing of it is left."""
    if reason := missing_tools():
        pytest.skip(f"NOT TESTED on Azurite: {reason}")
    ports = dict(zip(_SERVICES, free_ports(3), strict=True))
    places = [part for name, port in ports.items() for part in (f"--{name}-port", str(port))]
    with subprocess.Popen(
        [sys.executable, "-m", "devhost.azurite", str(tmp_path / "data"), *places],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            for name, port in ports.items():
                assert f"{name} 127.0.0.1:{port}" in line
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            process.send_signal(number)
            assert process.wait(15) == 0
        finally:
            process.kill()
    for port in ports.values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
