"""What a person reads in the terminal: a line for each request, in colours, as JSON, or less."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devhost import tracebacks
from tests.devhost.running import Running, running
from tests.tree import ROOT, need_dev_host

need_dev_host()
_SOURCE = """import logging
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

def divide(number):
    return 1 / number

@app.route("fine")
async def fine(req: func.HttpRequest) -> func.HttpResponse:
    logging.debug("a detail")
    logging.info("a word")
    return func.HttpResponse("fine", status_code=int(req.params.get("status", 200)))

@app.route("boom")
async def boom(req: func.HttpRequest) -> func.HttpResponse:
    divide(0)

@app.route("again")
def again(req: func.HttpRequest) -> func.HttpResponse:
    try:
        divide(0)
    except ZeroDivisionError as error:
        raise ValueError("two\\nlines") from error

ticks = 0
@app.timer_trigger(schedule="* * * * * *", arg_name="timer")
async def tick(timer: func.TimerRequest) -> None:
    global ticks
    ticks += 1
    logging.warning("tick %d", ticks)
    if ticks == 4:
        raise ValueError("the fourth")
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return the folder of an app."""
    (tmp_path / "function_app.py").write_text(_SOURCE)
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    return tmp_path


def _lines(host: Running) -> list[str]:
    return (host.printed + host.stop()).splitlines()


def test_one_line_for_each_request(app: Path) -> None:
    """A request is a line with time, method, target, status, milliseconds and function."""
    with running(app) as host:
        host.get("/api/fine?a=b")
        host.get("/api/nowhere")
        lines = _lines(host)
    clock, milliseconds = r"\d\d:\d\d:\d\d", r"\d+\.\d ms"
    (fine,) = (line for line in lines if "/api/fine?" in line)
    assert re.fullmatch(rf"{clock} GET /api/fine\?a=b 200 {milliseconds} fine", fine)
    (other,) = (line for line in lines if "/api/nowhere" in line)
    assert re.fullmatch(rf"{clock} GET /api/nowhere 404 {milliseconds} -", other)


def test_a_failure_begins_with_its_cause(app: Path) -> None:
    """What failed and the app's own line come first; the runtime's frames are left out."""
    with running(app) as host:
        host.get("/api/boom")
        host.get("/api/again")
        text = "\n".join(_lines(host))
    first = re.search(r"ERROR boom failed: ZeroDivisionError: division by zero\n(.*)\n", text)
    assert first is not None
    assert first[1] == "  function_app.py:6 in divide: return 1 / number"
    second = re.search(r"ERROR again failed: ValueError: two\n(.*)\n", text)
    assert second is not None
    assert second[1].startswith("  function_app.py:23 in again: raise ValueError(")
    assert "direct cause" in text
    assert "azure_functions_runtime" not in text
    assert "concurrent/futures" not in text


def test_ticks_are_not_repeated(app: Path) -> None:
    """Of a timer's ticks the first is printed, one that fails, and the first after it."""
    with running(app) as host:
        printed = host.read_until("tick 6") + host.stop()
    ticks = re.findall(r"timer tick (\w+)", printed)
    assert ticks[:3] == ["succeeded", "FAILED", "succeeded"]
    assert len(ticks) == 3
    assert "(the next ones are printed when they fail)" in printed


def test_quiet(app: Path) -> None:
    """--quiet prints where it listens, and what goes wrong."""
    with running(app, "--quiet") as host:
        assert host.printed.startswith("Listening on")
        host.get("/api/fine")
        host.get("/api/boom")
        text = "\n".join(_lines(host))
    assert "/api/fine" not in text
    assert "a word" not in text
    assert "timer tick succeeded" not in text
    assert re.search(r"GET /api/boom 500 ", text)
    assert "ZeroDivisionError" in text


def test_verbose(app: Path) -> None:
    """--verbose prints debug records, each tick, and every frame."""
    with running(app, "--verbose") as host:
        host.get("/api/fine")
        host.get("/api/boom")
        printed = host.read_until("tick 3") + host.stop()
    assert "DEBUG root: a detail" in printed
    assert "azure_functions_runtime" in printed
    assert len(re.findall("timer tick succeeded", printed)) >= 2


def test_quiet_and_verbose_exclude_each_other(app: Path) -> None:
    """Both at once is a mistake that is named."""
    ended = subprocess.run(
        [sys.executable, "-m", "devhost", "--app", app, "--quiet", "--verbose"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "not allowed with" in ended.stderr) == (2, True)


def test_json(app: Path) -> None:
    """With --json-log each line is a JSON object, of the host and of the app's log alike."""
    (app / "function_app.py").write_text(_SOURCE + "\nlogging.warning('at import')\n")
    with running(app, "--json-log") as host:
        host.get("/api/fine?status=201")
        host.get("/api/boom")
        printed = host.printed + host.read_until("tick 2")
        (app / "function_app.py").write_text("import nosuch\n")
        printed += host.read_until("Not reloaded") + host.stop()
    found = [json.loads(line) for line in printed.splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", one["time"]) for one in found)
    requests = {one["target"]: one for one in found if "target" in one}
    assert requests["/api/boom"]["status"] == 500
    (boom,) = (one for one in found if "boom failed" in one.get("message", ""))
    assert (boom["level"], boom["logger"]) == ("error", "devhost")
    assert "\n  function_app.py:6 in divide" in boom["message"]
    assert any(one.get("function") == "tick" and one["succeeded"] for one in found)


@contextmanager
def _terminal(app: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run an app in a terminal of its own; yield its process and the terminal."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "devhost", "--app", app, "--port", "0"],
        cwd=ROOT,
        env={**environment, "TERM": "xterm", **variables},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read_terminal(terminal: int, text: str) -> str:
    printed = ""
    while text not in printed:
        printed += os.read(terminal, 65536).decode()
    return printed


@pytest.mark.parametrize(
    ("variables", "is_coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_on_a_terminal(app: Path, variables: dict[str, str], *, is_coloured: bool) -> None:
    """A terminal shows colours unless NO_COLOR or TERM says otherwise; the worker's lines too."""
    with _terminal(app, **variables) as (process, terminal):
        printed = _read_terminal(terminal, "tick 2")
        process.terminate()
    assert ("\033[33mWARNING\033[0m" in printed) == is_coloured
    assert ("\033[32msucceeded\033[0m" in printed) == is_coloured
    assert ("\033" in printed) == is_coloured


def test_no_colours_in_a_file(app: Path) -> None:
    """What is not a terminal gets plain text."""
    with running(app) as host:
        host.get("/api/boom")
        assert "\033" not in "".join(_lines(host))


@pytest.mark.parametrize("target", ["/api/a\x1b[31mb", "/api/a\x9bb", "/api/\u202eb"])
def test_a_target_cannot_write_on_the_terminal(app: Path, target: str) -> None:
    """Control characters of a request are printed as escapes, if the request is taken at all."""
    with running(app) as host:
        host.exchange(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        text = "\n".join(_lines(host))
    assert all(letter.isprintable() or letter == "\n" for letter in text)


def test_what_has_no_frames_is_kept() -> None:
    """A text in another form, such as that of an exception group, loses no line."""
    text = (
        '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 1, in f\n'
    )
    text += "  | ExceptionGroup: two (2 sub-exceptions)"
    described = tracebacks.describe(text, Path("/app"))
    assert all(line.strip() in described for line in text.splitlines())
