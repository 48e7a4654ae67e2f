"""The Redis server that the dev host runs for an app."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devhost.redis import RedisError, missing, running_redis
from tests.devhost.running import check, running
from tests.ports import free_port
from tests.tree import ROOT

_NEEDED = pytest.mark.skipif(bool(missing()), reason=f"NOT TESTED with Redis: {missing()}")
_APP = """
import os
import redis
import azure.functions as func

app = func.FunctionApp()


@app.route("hello", auth_level=func.AuthLevel.ANONYMOUS)
def hello(req: func.HttpRequest) -> str:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        return str(client.incr("calls"))
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app that counts its calls in Redis."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "function_app.py").write_text(_APP)
    (folder / "host.json").write_text('{"version": "2.0"}')
    return folder


def _is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@_NEEDED
def test_an_app_with_a_server(app: Path) -> None:
    """The app is told where the server is; the server ends with the dev host."""
    with running(app, "--redis") as host:
        found = re.search(r"Redis listens on 127.0.0.1:(\d+)", host.printed)
        assert found
        for number in (b"1", b"2"):
            request = b"GET /api/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            assert host.exchange(request).endswith(number)
        host.stop()
    assert not _is_open(int(found[1]))


@_NEEDED
def test_it_ends_with_a_dev_host_that_is_killed(app: Path, tmp_path: Path) -> None:
    """A dev host that is killed leaves no server and no folder behind."""
    folders = tmp_path / "temporary"
    folders.mkdir()
    with running(app, "--redis", TMPDIR=str(folders)) as host:
        found = re.search(r"Redis listens on 127.0.0.1:(\d+)", host.printed)
        assert found
        assert list(folders.iterdir())
        with socket.create_connection(("127.0.0.1", int(found[1])), 20) as connection:
            os.kill(host.process.pid, signal.SIGKILL)
            assert connection.recv(1) == b""  # the server closes it when it ends
    end = time.monotonic() + 20
    while list(folders.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_without_the_program(app: Path, tmp_path: Path) -> None:
    """Where redis-server is missing one line says so, and how to get it."""
    ended = subprocess.run(
        [sys.executable, "-m", "devhost", "--app", app, "--redis"],
        cwd=ROOT, env={**os.environ, "PATH": str(tmp_path)}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("devhost: redis-server is not on the PATH. Install it: apt-get install")


@_NEEDED
def test_a_server_that_does_not_start() -> None:
    """A wrong option and a port that is taken are errors with the server's own words."""
    with pytest.raises(RedisError, match="Bad directive"), running_redis("--nonsense", "1"):
        pass
    with running_redis() as (port, _):  # noqa: SIM117 - the inner one fails
        with pytest.raises(RedisError, match="Address already in use"), running_redis(port=port):
            pass


@_NEEDED
def test_servers_at_once() -> None:
    """Each has a port of its own, or the one that it is told."""
    wanted = free_port()
    with (
        running_redis() as (one, _),
        running_redis() as (other, _),
        running_redis(port=wanted) as (third, _),
    ):
        assert len({one, other, third}) == 3
        assert third == wanted
        assert all(map(_is_open, (one, other, third)))
    assert not any(map(_is_open, (one, other, third)))


@_NEEDED
def test_a_check_with_a_server(app: Path) -> None:
    """Other commands take the option too."""
    ended = check(app, "--check", "--redis")
    assert ended.returncode == 0, ended.stderr
