"""--debug: a real client of debugpy attaches, stops in a handler, looks around, and goes on."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.devhost.dap import Client, connected
from tests.devhost.running import Running, listening, read_until, starting
from tests.tree import ROOT, need_dev_host

need_dev_host()
_SOURCE = """import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
AT_IMPORT = "import"

@app.route("async")
async def waits(req: func.HttpRequest) -> func.HttpResponse:
    word = "here"
    return func.HttpResponse(word)

@app.route("sync")
def blocks(req: func.HttpRequest) -> func.HttpResponse:
    word = "there"
    return func.HttpResponse(word)
"""
_LINES = {"async": 8, "sync": 13}  # of a return


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return the folder of an app whose calls may take a second."""
    (tmp_path / "function_app.py").write_text(_SOURCE)
    (tmp_path / "host.json").write_text('{"version": "2.0", "functionTimeout": "00:00:01"}')
    return tmp_path


def _configuration() -> dict[str, Any]:
    """Return what VS Code reads for F5: the only configuration of launch.json."""
    (found,) = _read(".vscode/launch.json")["configurations"]
    return found  # type: ignore[no-any-return]


def _read(name: str) -> Any:
    text = (ROOT / name).read_text()
    return json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))


@contextmanager
def _waiting(app: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start an app that waits for a debugger; yield it and the port."""
    with starting(app, "--debug", "0") as process:
        printed = read_until(process, "Waiting for a debugger")
        port = re.search(r"on 127\.0\.0\.1:(\d+)\.", printed)
        assert port is not None, printed
        yield process, int(port[1])


def _stopped(client: Client) -> tuple[int, dict[str, Any]]:
    """Wait until a breakpoint is reached; return its thread, and the frame on top."""
    event = client.event("stopped")
    assert event["reason"] == "breakpoint"
    thread = event["threadId"]
    return thread, client.ask("stackTrace", threadId=thread)["stackFrames"][0]


def _ask(host: Running, path: str) -> tuple[threading.Thread, list[bytes]]:
    answers: list[bytes] = []
    asking = threading.Thread(target=lambda: answers.append(host.get(path)))
    asking.start()
    return asking, answers


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_a_breakpoint_in_a_handler(app: Path, kind: str) -> None:
    """A request stops at the breakpoint, with its variables, for longer than functionTimeout."""
    file = app / "function_app.py"
    with _waiting(app) as (process, port), connected(port) as client:
        client.attach(file, _LINES[kind], **_configuration())
        host = listening(process)
        asking, answers = _ask(host, f"/api/{kind}")
        thread, frame = _stopped(client)
        assert (frame["source"]["path"], frame["line"]) == (str(file), _LINES[kind])
        assert client.ask("evaluate", expression="req.method + word", frameId=frame["id"])[
            "result"
        ] == ("'GEThere'" if kind == "async" else "'GETthere'")
        threading.Event().wait(1.2)  # functionTimeout is a second
        client.ask("setExpression", expression="word", value="'changed'", frameId=frame["id"])
        client.ask("continue", threadId=thread)
        asking.join(20)
        assert answers[0].startswith(b"HTTP/1.1 200")
        assert answers[0].endswith(b"changed")


def test_a_breakpoint_at_import(app: Path) -> None:
    """The app is not loaded before the debugger is there, so that it can stop in its import."""
    with _waiting(app) as (process, port), connected(port) as client:
        client.attach(app / "function_app.py", 3, **_configuration())
        thread, frame = _stopped(client)
        assert frame["name"] == "<module>"
        client.ask("continue", threadId=thread)
        assert listening(process).get("/api/sync").endswith(b"there")


def test_a_debugger_that_comes_again(app: Path) -> None:
    """The app serves on when a debugger leaves, and another can attach."""
    with _waiting(app) as (process, port):
        with connected(port) as client:
            client.attach(app / "function_app.py", 8, **_configuration())
            host = listening(process)
            client.ask("disconnect", terminateDebuggee=False)
        assert host.get("/api/async").endswith(b"here")
        with connected(port) as client:
            client.attach(app / "function_app.py", 13, **_configuration())
            asking, answers = _ask(host, "/api/sync")
            thread, _ = _stopped(client)
            client.ask("continue", threadId=thread)
            asking.join(20)
        assert answers[0].endswith(b"there")


def test_only_this_machine(app: Path) -> None:
    """The debugger's port is open on loopback alone."""
    with _waiting(app) as (_, port):
        table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        places = re.findall(rf" ([0-9A-F]+):{port:04X} 0+:0000 0A ", table)
        assert places == ["0100007F"]


def test_no_orphan_that_waits(app: Path) -> None:
    """When the host is killed while it waits for a debugger, the worker ends too."""
    with _waiting(app) as (process, _):
        process.kill()
        assert process.stdout is not None
        process.stdout.read()  # ends when no process can write into it any more


def test_no_orphan_at_a_breakpoint(app: Path) -> None:
    """When the host is killed, the worker ends too, although all of its threads are held."""
    with _waiting(app) as (process, port), connected(port) as client:
        client.attach(app / "function_app.py", 8, **_configuration())
        asking, _ = _ask(listening(process), "/api/async")
        _stopped(client)
        process.kill()
        client.event("terminated")
        asking.join(20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_while_waiting(app: Path, number: signal.Signals) -> None:
    """Ctrl-C ends a host that waits for a debugger, with code 0 and without a traceback."""
    with _waiting(app) as (process, _):
        process.send_signal(number)
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()
        assert process.wait(20) == 0


def test_without_debugpy(app: Path) -> None:
    """Where debugpy is not installed, one line says so, with the command that installs it."""
    blocker = app / "without"
    blocker.mkdir()
    (blocker / "sitecustomize.py").write_text("import sys; sys.modules['debugpy'] = None\n")
    ended = subprocess.run(
        [sys.executable, "-m", "devhost", "--app", app, "--debug"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(blocker)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("devhost: --debug needs debugpy, which is not installed: ")
    assert ended.stderr.count("\n") == 1


def test_a_port_in_use(app: Path) -> None:
    """A port that is taken is named, with how to choose another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with starting(app, "--debug", str(port)) as process:
            assert process.stdout is not None
            printed = process.stdout.read()
            assert process.wait(20) == 1
    assert f"cannot wait for a debugger on 127.0.0.1:{port}" in printed
    assert "--debug N" in printed
    assert "Traceback" not in printed


def test_f5() -> None:
    """launch.json attaches where its task says that it waits; the task's command is `make debug`."""
    configuration = _configuration()
    (task,) = _read(".vscode/tasks.json")["tasks"]
    assert configuration["preLaunchTask"] == task["label"]
    assert [task["command"], *task["args"]] == ["make", "debug"]
    assert configuration["connect"] == {"host": "127.0.0.1", "port": 5678}
    matcher = task["problemMatcher"]
    line = "08:00:00 Waiting for a debugger on 127.0.0.1:5678. In VS Code, press F5."
    assert re.search(matcher["background"]["endsPattern"], line)
    problem = re.match(matcher["pattern"]["regexp"], "  /app/function_app.py:13: function f")
    assert problem is not None
    assert problem[matcher["pattern"]["file"]] == "/app/function_app.py"
    assert problem[matcher["pattern"]["line"]] == "13"


def test_f5_uses_the_port_that_the_host_opens() -> None:
    """`make debug` waits at the port of launch.json unless told another one."""
    usage = subprocess.run(
        [sys.executable, "-m", "devhost", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"({_configuration()['connect']['port']})" in " ".join(usage.stdout.split())
