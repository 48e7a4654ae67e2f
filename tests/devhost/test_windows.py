"""What the dev host needs is on Windows too; tried here without what Windows lacks."""

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.devhost.running import listening, spawning
from tests.tree import ROOT, need_dev_host

need_dev_host()

_HERE = Path(__file__).parent
_LIKE_WINDOWS = [sys.executable, str(_HERE / "like_windows.py")]
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_LIKE_WINDOWS, *arguments],
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_module_is_imported() -> None:
    """No module needs more than Windows has when it is imported."""
    ended = _run("--all-modules")
    assert ended.returncode == 0, ended.stderr
    files = (ROOT / "devhost").rglob("*.py")
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files}
    wanted = {name.removesuffix(".__init__") for name in names} - {"devhost"}
    assert {*ended.stdout.split()} == {name for name in wanted if not name.endswith("__main__")}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_is_served(number: signal.Signals) -> None:
    """A request is answered, and a signal ends the host in order, as Ctrl-C does on Windows."""
    command = [*_LIKE_WINDOWS, "--app", str(_HERE / "probe_quickstart"), "--port", "0"]
    with spawning(command, ROOT, _ENVIRONMENT) as process:
        host = listening(process)
        assert f"http://127.0.0.1:{host.port}" in host.printed
        connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=20)
        connection.request("GET", "/api/http_trigger?name=Ada")
        assert connection.getresponse().read() == b"Hello, Ada."
        connection.close()
        assert "Stopping" in host.stop(number)


def test_check() -> None:
    """``--check`` works too."""
    ended = _run("--check", "--app", _HERE / "probe_quickstart")
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "OK: 4 functions")


def test_what_is_left_out(tmp_path: Path) -> None:
    """``--azurite`` says what is missing, in one line."""
    ended = _run("--app", _HERE / "probe_quickstart", "--azurite", tmp_path)
    assert ended.returncode == 1
    assert "Windows" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
