"""The command with background functions: lists, calls by hand, --run, signals, Azurite."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devhost.azurite.emulator import running_azurite
from devhost.npm import missing_tools
from tests.tree import ROOT

pytest.importorskip(
    "azure_functions_runtime", reason="SKIPPED: the dev host runs on Python 3.13 and later"
)

_SOURCE = """
import asyncio, os, sys, time, typing
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
STORAGE = "AzureWebJobsStorage"

@app.route("hello")
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ.get(STORAGE, "none"))

@app.route("put", methods=["POST"])
@app.queue_output("out", queue_name="work", connection=STORAGE)
async def put(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
    out.set(req.get_body().decode())
    return func.HttpResponse("put")

@app.route("put_many", methods=["POST"])
@app.queue_output("out", queue_name="%WORK%", connection=STORAGE)
def put_many(req: func.HttpRequest, out: func.Out[typing.List[str]]) -> func.HttpResponse:
    out.set(["one", "two"])
    return func.HttpResponse("put")

@app.timer_trigger("timer", schedule="%NIGHTLY%")
@app.queue_output("out", queue_name="work", connection=STORAGE)
async def nightly(timer: func.TimerRequest, out: func.Out[typing.List[str]]) -> None:
    print("PAST DUE", timer.past_due, timer.schedule_status.get("Next"), flush=True)
    out.set(["from nightly", "boom"])

@app.timer_trigger("timer", schedule="0 0 0 1 1 *")
async def off(timer: func.TimerRequest) -> None:
    pass

@app.timer_trigger("timer", schedule="0 0 0 1 1 *")
async def quits(timer: func.TimerRequest) -> None:
    sys.exit(3)

@app.queue_trigger("message", queue_name="work", connection=STORAGE)
async def work(message: func.QueueMessage) -> None:
    text = message.get_body().decode()
    print("BEGIN", text, message.dequeue_count, message.insertion_time.tzinfo, flush=True)
    if text == "slow":
        await asyncio.sleep(0.5)
    if text == "stuck":
        time.sleep(60)
    if text == "boom":
        raise RuntimeError("boom")
    print("END", text, flush=True)

@app.queue_trigger("message", queue_name="work-poison", connection=STORAGE)
def dead(message: func.QueueMessage) -> None:
    print("DEAD", message.get_body().decode(), flush=True)
"""
_NIGHTLY = {"NIGHTLY": "0 0 3 * * *", "WORK": "work", "AzureWebJobs.off.Disabled": "1"}


def _command(folder: Path, *arguments: str | Path) -> list[str | Path]:
    (folder / "function_app.py").write_text(_SOURCE)
    if not (folder / "host.json").exists():
        (folder / "host.json").write_text('{"version": "2.0"}')
    return [sys.executable, "-m", "devhost", "--app", folder, *arguments]


def _run(folder: Path, *arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(folder, *arguments),
        cwd=ROOT,
        env={**os.environ, **_NIGHTLY, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class Running:
    """A dev host that runs."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log
        self.wait_for("Listening on")
        self.port = int(re.findall(r"Listening on http://127\.0\.0\.1:(\d+)", self.printed())[0])

    def printed(self) -> str:
        """Return all that it has printed."""
        return self._log.read_text()

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Wait until it has printed something."""
        deadline = time.monotonic() + seconds
        while text not in self.printed():
            assert time.monotonic() < deadline, self.printed()
            assert self.process.poll() is None or text in self.printed(), self.printed()
            time.sleep(0.01)

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        """Send a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


@contextmanager
def _running(folder: Path, *arguments: str | Path, **settings: str) -> Iterator[Running]:
    log = folder / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            _command(folder, "--port", "0", *arguments),
            cwd=ROOT,
            env={**os.environ, **_NIGHTLY, **settings, "PYTHONWARNINGS": "default"},
            stdout=output,
            stderr=output,
        )
    try:
        yield Running(process, log)
    finally:
        process.kill()
        process.wait()
    for fault in ("Task was destroyed", "never retrieved", "Unclosed", "ResourceWarning"):
        assert fault not in log.read_text()


def test_the_start(tmp_path: Path) -> None:
    """Background functions are listed below the routes; missing storage is reported in one line."""
    with _running(tmp_path) as host:
        assert host.ask("GET", "/api/hello") == (200, b"devhost")
        printed = host.printed()
    assert re.search(r"timer +0 0 3 \* \* \* +nightly\n", printed)
    assert re.search(r"queue +work +work\n", printed)
    assert printed.index("/api/put") < printed.index("queue  work")
    assert "Disabled by a setting: off." in printed
    assert printed.count("AzureWebJobsStorage is not set: queues are kept in this process") == 1


def test_messages_and_calls_by_hand(tmp_path: Path) -> None:
    """Messages are run, failing ones end as poison; POST /admin/functions/NAME runs a function."""
    with _running(tmp_path) as host:
        assert host.ask("POST", "/api/put", "hello") == (200, b"put")
        host.wait_for("END hello")
        assert host.ask("POST", "/api/put_many") == (200, b"put")
        host.wait_for("END two")
        host.ask("POST", "/api/put", '{"a": 1}')
        host.wait_for('BEGIN {\n  "a": 1\n} 1 UTC')
        assert host.ask("POST", "/admin/functions/nightly") == (202, b"")
        host.wait_for("PAST DUE False 20")
        host.wait_for("DEAD boom")
        assert host.ask("POST", "/admin/functions/WORK", '{"input": "by hand"}') == (202, b"")
        host.wait_for("END by hand")
        host.ask("POST", "/admin/functions/quits", "{}")
        host.wait_for("timer quits FAILED")
        assert host.ask("POST", "/admin/functions/off", "{}") == (202, b"")
        for name in ("nobody", "hello", "a%2Fb"):
            assert host.ask("POST", f"/admin/functions/{name}", "{}") == (404, b"")
        for body in ("[]", "x", '{"input": 7}', '"x"', "[" * 100_000):
            assert host.ask("POST", "/admin/functions/work", body) == (400, b"")
        assert host.ask("GET", "/admin/functions/work")[0] == 401
        assert host.ask("POST", "/admin/functions/")[0] == 401
        assert host.end() == 0
    printed = host.printed()
    assert [printed.count(f"BEGIN boom {count} ") for count in range(1, 7)] == [1, 1, 1, 1, 1, 0]
    assert "reached the maxDequeueCount of 5 and is moved to queue work-poison" in printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals(tmp_path: Path, number: signal.Signals) -> None:
    """A signal lets the call under way finish; what waits behind it is reported."""
    with _running(tmp_path) as host:
        host.ask("POST", "/api/put", "slow")
        host.wait_for("BEGIN slow")
        assert host.end(number) == 0
        assert "END slow" in host.printed()


def test_a_second_signal(tmp_path: Path) -> None:
    """A second signal ends a host at once that waits for a call."""
    with _running(tmp_path) as host:
        host.ask("POST", "/admin/functions/work", '{"input": "slow"}')
        host.ask("POST", "/admin/functions/work", '{"input": "slow"}')
        host.wait_for("BEGIN slow")
        host.process.send_signal(signal.SIGINT)
        host.wait_for("Stopping")
        assert host.end() == 1


def test_run(tmp_path: Path) -> None:
    """--run runs one function, then what it put into the queues of this process."""
    result = _run(tmp_path, "--run", "nightly")
    assert result.returncode == 0
    assert "timer nightly succeeded" in result.stdout
    assert "PAST DUE False" in result.stdout
    assert "END from nightly" in result.stdout
    assert result.stdout.count("BEGIN boom") == 5
    assert "DEAD boom" in result.stdout
    assert "Listening" not in result.stdout


def test_run_with_a_message(tmp_path: Path) -> None:
    """A queue function gets the text; a failure is exit code 1."""
    result = _run(tmp_path, "--run", "work", "--input", "hällo")
    assert (result.returncode, "END hällo" in result.stdout) == (0, True)
    result = _run(tmp_path, "--run", "work", "--input", "boom")
    assert (result.returncode, "work failed" in result.stderr) == (1, True)


def test_run_what_is_not_there(tmp_path: Path) -> None:
    """An unknown name, and a function in error, are exit code 1; the names are listed."""
    for name, settings in (("nobody", {}), ("nightly", {"NIGHTLY": "x"})):
        result = _run(tmp_path, "--run", name, **settings)
        assert result.returncode == 1
        assert "can be run: dead" in result.stderr


def test_functions_in_error(tmp_path: Path) -> None:
    """A function whose settings are missing is named with the setting; the others run."""
    with _running(tmp_path, NIGHTLY="", WORK="") as host:
        assert host.ask("POST", "/api/put", "hello") == (200, b"put")
        host.wait_for("END hello")
        assert host.ask("POST", "/api/put_many") == (404, b"")
        assert host.ask("POST", "/admin/functions/nightly") == (404, b"")
        assert host.end() == 0
    place = f"{tmp_path / 'function_app.py'}:"
    for name, setting in (("nightly", "NIGHTLY"), ("put_many", "WORK")):
        pattern = rf"{re.escape(place)}\d+: {name} is in error: the setting {setting} is not set"
        assert re.search(pattern, host.printed())


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("AzureWebJobsStorage", "is not a connection string"),
        ("AzureWebJobsStorage__accountName", "managed identity"),
    ],
)
def test_storage_that_cannot_be_used(tmp_path: Path, setting: str, reason: str) -> None:
    """Such a setting puts queue functions in error; HTTP answers, 500 where it must send."""
    with _running(tmp_path, **{setting: "shop"}) as host:
        assert host.ask("GET", "/api/hello")[0] == 200
        assert host.ask("POST", "/api/put", "x") == (500, b"")
        assert host.end() == 0
    printed = host.printed()
    for words in ("work is in error", "nightly is in error", "put cannot send its messages"):
        assert words in printed
    assert reason in printed


def test_check(tmp_path: Path) -> None:
    """--check takes a function in error for a fault."""
    result = _run(tmp_path, "--check", NIGHTLY="every night")
    assert (result.returncode, "nightly is in error" in result.stderr) == (1, True)
    result = _run(tmp_path, "--check")
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "OK: 8 functions")
    assert "AzureWebJobsStorage is not set" in result.stdout


def test_bad_host_json(tmp_path: Path) -> None:
    """A setting for queues that cannot be used ends the start with its name."""
    content: dict[str, Any] = {"extensions": {"queues": {"batchSize": 99}}}
    (tmp_path / "host.json").write_text(json.dumps(content))
    result = _run(tmp_path, "--check")
    assert (result.returncode, "batchSize" in result.stderr) == (1, True)
    assert "Traceback" not in result.stderr


def test_storage_is_away(tmp_path: Path) -> None:
    """A storage that cannot be reached delays neither the start nor an answer."""
    away = "QueueEndpoint=http://127.0.0.1:9/x;AccountName=x;AccountKey=eA=="
    with _running(tmp_path, AzureWebJobsStorage=away) as host:
        begin = time.monotonic()
        assert host.ask("GET", "/api/hello")[0] == 200
        assert host.ask("POST", "/api/put", "x") == (500, b"")
        assert time.monotonic() - begin < 1
        time.sleep(0.7)
        assert host.end() == 0
    assert host.printed().count("cannot be reached: ") == 2, "once, and for the message of put"


def test_without_node(tmp_path: Path) -> None:
    """--azurite without Node.js is a clear line and exit code 1."""
    result = _run(tmp_path, "--azurite", tmp_path / "data", PATH=str(tmp_path))
    assert result.returncode == 1
    assert "Node.js is missing here (node and npm not found)" in result.stderr
    assert "Traceback" not in result.stderr


def _is_alive(pattern: str) -> bool:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if pattern.encode() in entry.read_bytes():
                return True
        except OSError:
            continue
    return False


@pytest.mark.azurite
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="NOT TESTED: there is no /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_azurite(tmp_path: Path, number: signal.Signals) -> None:
    """With --azurite the app has queues that outlive the host; Azurite itself does not."""
    if reason := missing_tools():
        pytest.skip(f"NOT TESTED on Azurite: {reason}")
    data = tmp_path / "data"
    location = f"--location\0{data}"
    with _running(tmp_path, "--azurite", data) as host:
        assert b"AccountName=devstoreaccount1" in host.ask("GET", "/api/hello")[1]
        host.ask("POST", "/api/put", "hello")
        host.wait_for("END hello")
        assert _is_alive(location)
        host.end(number)
        deadline = time.monotonic() + 5
        while _is_alive(location):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    with running_azurite(data):
        assert _is_alive(location)
    assert not _is_alive(location)
