"""A change of an app's files replaces its worker; nothing that was under way is lost."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from devhost.watching import Watch
from tests.devhost.running import rest_of, running, starting, wait_for
from tests.tree import ROOT, need_dev_host

need_dev_host()

_SOURCE = """import asyncio, json, os, threading, time
import azure.functions as func
from parts import words
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("hello")
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(words.WORD)

@app.route("slow")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    while not os.path.exists("go"):
        await asyncio.sleep(0.01)
    return func.HttpResponse(words.WORD)

@app.route("blocks")
async def blocks(req: func.HttpRequest) -> func.HttpResponse:
    open("blocked", "w").close()
    time.sleep(600)

@app.route("end")
async def end(req: func.HttpRequest) -> func.HttpResponse:
    os._exit(7)

@app.route("pid")
async def pid(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(os.getpid()))

@app.route("setting")
async def setting(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ.get("FROM_FILE", "none"))
"""
_WORDS = 'WORD = "one"\n'


def _write_app(folder: Path) -> Path:
    (folder / "parts").mkdir()
    (folder / "function_app.py").write_text(_SOURCE)
    (folder / "parts/__init__.py").write_text("")
    (folder / "parts/words.py").write_text(_WORDS)
    (folder / "host.json").write_text('{"version": "2.0"}')
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return the folder of an app."""
    return _write_app(tmp_path)


def _rename(file: Path, text: str) -> None:
    """Save as most editors do: write another file, then rename it."""
    other = file.with_name(f"{file.name}~")
    other.write_text(text)
    other.replace(file)


def _write_in_parts(file: Path, text: str) -> None:
    with file.open("w") as opened:
        for letter in text:
            opened.write(letter)
            opened.flush()


def _delete_first(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text)


def _link(file: Path, text: str) -> None:
    """Save as Emacs does, which marks the file with a link that leads nowhere."""
    mark = file.with_name(f".#{file.name}")
    mark.symlink_to("somebody@somewhere.1")
    file.write_text(text)
    mark.unlink()


@pytest.mark.parametrize("save", [Path.write_text, _rename, _write_in_parts, _delete_first, _link])
def test_a_change_is_served(app: Path, save: Callable[[Path, str], object]) -> None:
    """However a file is saved, its new code answers, also on a connection that was open before."""
    with running(app) as host, host.connect() as connection:
        request = b"GET /api/hello HTTP/1.1\r\nHost: x\r\n"
        connection.sendall(request + b"\r\n")
        assert connection.recv(65536).endswith(b"one")
        save(app / "parts/words.py", 'WORD = "two"\n')
        printed = host.read_until("Reloaded in")
        assert printed.endswith("parts/words.py changed.\n")
        connection.sendall(request + b"Connection: close\r\n\r\n")
        assert rest_of(connection).endswith(b"two")
        assert "Reloaded" not in host.stop()


def test_changes_in_the_same_second(app: Path) -> None:
    """Bytecode is not taken for that of a newer file with the same size and second."""
    words = ["two", "six", "ten", "all"]
    with running(app) as host:
        for word in words:
            file = app / "parts/words.py"
            file.write_text(f'WORD = "{word}"\n')
            os.utime(file, (1_000_000_000, 1_000_000_000 + words.index(word) / 10))
            host.read_until("Reloaded in")
            assert host.get("/api/hello").endswith(word.encode())


def test_twenty_changes_at_once(app: Path) -> None:
    """Files that change together, as in a checkout, make one reload."""
    for number in range(20):
        (app / f"part_{number}.py").write_text("x = 1\n")
    with running(app) as host:
        for number in range(20):
            (app / f"part_{number}.py").write_text("x = 12\n")
        assert "20 files changed" in host.read_until("Reloaded in")
        assert "Reloaded" not in host.stop()


def test_modules_come_and_go(app: Path) -> None:
    """A new module, a new function and a deleted one are noticed, and the functions printed."""
    more = '\n@app.route("more")\ndef more(req: func.HttpRequest) -> str:\n    return "more"\n'
    with running(app) as host:
        (app / "parts/others.py").write_text("")
        host.read_until("Reloaded in")
        (app / "function_app.py").write_text(_SOURCE + more)
        assert re.search(r"/api/more +more\n", host.read_until("Reloaded in"))
        assert host.get("/api/more").endswith(b"more")
        (app / "function_app.py").write_text(_SOURCE)
        host.read_until("Reloaded in")
        assert host.get("/api/more").startswith(b"HTTP/1.1 404")
        (app / "parts/words.py").unlink()
        printed = host.read_until("Not reloaded")
        assert "function_app.py:3: ImportError" in printed
        assert host.get("/api/hello").endswith(b"one")


def test_host_json(app: Path) -> None:
    """host.json is read again; one that the real host refuses changes nothing."""
    with running(app) as host:
        (app / "host.json").write_text('{"extensions": {"http": {"routePrefix": "v2"}}}')
        host.read_until("Reloaded in")
        assert host.get("/v2/hello").endswith(b"one")
        (app / "host.json").write_text('{"version": 2}')
        assert "host.json:1" in host.read_until("Not reloaded")
        assert host.get("/v2/hello").endswith(b"one")


def test_local_settings(app: Path) -> None:
    """local.settings.json is read again: values that are gone are gone."""
    file = app / "local.settings.json"
    with running(app) as host:
        for values, expected in (
            ({"FROM_FILE": "a"}, b"a"),
            ({"FROM_FILE": "b"}, b"b"),
            ({}, b"none"),
        ):
            file.write_text(json.dumps({"IsEncrypted": False, "Values": values}))
            host.read_until("Reloaded in")
            assert host.get("/api/setting").endswith(expected)
        file.write_text("{")
        assert "local.settings.json:1 is not JSON" in host.read_until("Not reloaded")
        assert host.get("/api/setting").endswith(b"none")


@pytest.mark.parametrize(
    ("file", "source", "reason"),
    [
        ("parts/words.py", "WORD = (\n", "parts/words.py:1: SyntaxError: '(' was never closed"),
        ("parts/words.py", 'WORD = "o\0"\n', "parts/words.py:1: SyntaxError: source code"),
        ("parts/words.py", 'WORD = "\xff"\n', "parts/words.py:1: SyntaxError: "),
        ("parts/lazy.py", "if True:\nx\n", "parts/lazy.py:2: SyntaxError: expected an indented"),
        ("function_app.py", "import nosuch\n", "function_app.py:1: ModuleNotFoundError"),
        ("function_app.py", "\nraise ValueError('a\\nb')\n", "function_app.py:2: ValueError: a b"),
        ("function_app.py", "import os\nos._exit(5)\n", "ended with code 5"),
        ("function_app.py", "raise SystemExit(6)\n", "SystemExit(6)"),
        ("function_app.py", "", "Could not find top level function app"),
        (
            "function_app.py",
            _SOURCE + "\n@app.route('a')\ndef a(_req: func.HttpRequest) -> str: ...\n",
            "function_app.py:34: FunctionLoadError: cannot load the a function",
        ),
        (
            "function_app.py",
            _SOURCE + "\n@app.route('/a')\ndef a(req: func.HttpRequest) -> str: ...\n",
            "function_app.py:34: the route '/api//a': it has an empty part",
        ),
    ],
)
def test_the_old_code_goes_on(app: Path, file: str, source: str, reason: str) -> None:
    """What cannot be loaded is named in one line with place and reason; the old code serves."""
    with running(app) as host:
        (app / file).write_bytes(source.encode("latin-1"))
        printed = host.read_until("Not reloaded")
        line = printed.splitlines()[-1]
        assert reason in line
        assert line.endswith(". The code from before still runs.")
        assert "Traceback" not in printed
        assert host.get("/api/hello").endswith(b"one")
        shutil.copy(app / "parts/__init__.py", app / "parts/lazy.py")
        (app / "parts/words.py").write_text('WORD = "two"\n')
        (app / "function_app.py").write_text(_SOURCE)
        host.read_until("Reloaded in")
        assert host.get("/api/hello").endswith(b"two")


def test_requests_under_way(app: Path) -> None:
    """A request that began on the old code ends on it, while new ones get the new code."""
    with running(app) as host, host.connect() as connection:
        connection.sendall(b"GET /api/slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert host.get("/api/hello").endswith(b"one")
        (app / "parts/words.py").write_text('WORD = "two"\n')
        host.read_until("Reloaded in")
        assert host.get("/api/hello").endswith(b"two")
        (app / "go").touch()
        assert rest_of(connection).endswith(b"one")


def test_no_request_is_refused(app: Path) -> None:
    """While the worker is replaced again and again, every request is answered with 200."""
    answers: list[bytes] = []
    stopping = threading.Event()
    with running(app) as host:

        def ask() -> None:
            while not stopping.is_set():
                answers.append(host.get("/api/hello"))

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for number in range(4):
            (app / "parts/words.py").write_text(f'WORD = "{number}"\n')
            host.read_until("Reloaded in")
        stopping.set()
        for thread in threads:
            thread.join()
        assert host.get("/api/hello").endswith(b"3")
    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 200"}
    assert {answer[-1:] for answer in answers} <= {b"e", b"0", b"1", b"2", b"3"}


_QUEUES = """
@app.route("put")
@app.queue_output("out", "work", "AzureWebJobsStorage")
def put(req: func.HttpRequest, out: func.Out[str]) -> str:
    out.set(req.params["text"])
    return "put"

@app.queue_trigger("message", "work", "AzureWebJobsStorage")
async def take(message: func.QueueMessage) -> None:
    text = message.get_body().decode()
    if text == "held":
        open("begun", "w").close()
        while not os.path.exists("go"):
            await asyncio.sleep(0.01)
    if text == words.FAILS:
        raise ValueError(text)
    with open("taken", "a") as file:
        file.write(f"{text} {words.WORD}\\n")
"""


def test_messages_outlive_a_reload(app: Path) -> None:
    """Messages of the queues in this process are neither lost nor taken twice."""
    queues = {"queues": {"visibilityTimeout": "00:00:01"}}
    (app / "host.json").write_text(json.dumps({"version": "2.0", "extensions": queues}))
    (app / "function_app.py").write_text(_SOURCE + _QUEUES)
    (app / "parts/words.py").write_text('WORD = "one"\nFAILS = "bad"\n')
    with running(app) as host:
        host.get("/api/put?text=held")
        host.get("/api/put?text=bad")
        printed = host.read_until("FAILED")
        (app / "parts/words.py").write_text('WORD = "two"\nFAILS = ""\n')
        printed += host.read_until("Reloaded in")
        host.get("/api/put?text=new")
        printed += host.read_until("queue work take succeeded")
        printed += host.read_until("queue work take succeeded")
        (app / "go").touch()
        printed += host.read_until("queue work take succeeded")
        rest = host.stop()
    assert sorted((app / "taken").read_text().splitlines()) == ["bad two", "held one", "new two"]
    assert "end with this process" not in rest


def test_a_worker_that_ends(app: Path) -> None:
    """A worker that ends fails its own call alone; another is started, and is asked next."""
    with running(app) as host:
        first = host.get("/api/pid").rpartition(b"\n")[2]
        assert host.get("/api/end").startswith(b"HTTP/1.1 500")
        assert host.get("/api/hello").endswith(b"one")
        printed = host.read_until("starting it again")
        assert "end failed: the worker's process ended with code 7" in printed
        second = host.get("/api/pid").rpartition(b"\n")[2]
        os.kill(int(second), signal.SIGKILL)
        host.read_until("ended by SIGKILL")
        third = host.get("/api/pid").rpartition(b"\n")[2]
        assert len({first, second, third}) == 3


def test_a_worker_that_keeps_ending(app: Path) -> None:
    """One that ends again and again is not started for ever; a change brings the app back."""
    with running(app) as host:
        (app / "function_app.py").write_text(
            _SOURCE + "threading.Timer(0.05, os._exit, [9]).start()\n"
        )
        assert "Requests get 503 until a file changes" in host.read_until("Not started again")
        assert host.get("/api/hello").startswith(b"HTTP/1.1 503")
        (app / "function_app.py").write_text("import nosuch\n")
        assert "Requests get 503" in host.read_until("Not reloaded")
        (app / "function_app.py").write_text(_SOURCE)
        host.read_until("Reloaded in")
        assert host.get("/api/hello").endswith(b"one")


def test_no_reload(app: Path) -> None:
    """--no-reload watches nothing: only a worker that ended is started again, with what is there."""
    with running(app, "--no-reload") as host:
        (app / "parts/words.py").write_text('WORD = "two"\n')
        host.get("/api/end")
        host.read_until("starting it again")
        assert host.get("/api/hello").endswith(b"two")
        (app / "function_app.py").write_text("import nosuch\n")
        host.get("/api/end")
        assert "until you start it again" in host.read_until("Not started again")
        assert "eloaded" not in host.stop()


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize("path", ["/api/hello", "/api/blocks"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_orphan(app: Path, path: str, end: signal.Signals) -> None:
    """The worker ends with its host, however that ends and whatever the worker is doing."""
    with running(app) as host, host.connect() as connection:
        worker = int(host.get("/api/pid").rpartition(b"\n")[2])
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        if path == "/api/blocks":
            wait_for(app / "blocked")
        rescue = threading.Timer(25, _kill, [worker])
        rescue.start()
        host.process.send_signal(end)
        if path == "/api/blocks" and end != signal.SIGKILL:
            host.read_until("Stopping")
            host.process.send_signal(end)
        assert host.process.stdout is not None
        host.process.stdout.read()  # ends when no process can write into it any more
        assert rescue.is_alive()
        rescue.cancel()
        if path == "/api/hello":
            assert host.process.wait() == (-9 if end == signal.SIGKILL else 0)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_end_during_a_reload(app: Path, end: signal.Signals) -> None:
    """A signal while the new code is loaded ends everything, with code 0."""
    with running(app) as host:
        (app / "function_app.py").write_text(
            _SOURCE + "open('loading', 'w').close()\ntime.sleep(600)\n"
        )
        wait_for(app / "loading")
        host.process.send_signal(end)
        assert host.process.stdout is not None
        assert "Traceback" not in host.process.stdout.read()
        assert host.process.wait() == 0


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_end_during_the_start(app: Path, end: signal.Signals) -> None:
    """A signal while the app is loaded for the first time ends everything, with code 0."""
    (app / "function_app.py").write_text(
        _SOURCE + "open('loading', 'w').close()\ntime.sleep(600)\n"
    )
    with starting(app) as process:
        wait_for(app / "loading")
        process.send_signal(end)
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()
        assert process.wait() == 0


def test_a_start_in_the_background(app: Path) -> None:
    """SIGINT ends it while it loads, also where a shell had it ignored, as for `make start &`."""
    (app / "function_app.py").write_text(
        _SOURCE + "open('loading', 'w').close()\ntime.sleep(600)\n"
    )
    command = f"trap '' INT; exec {sys.executable} -m devhost --app {app} --port 0"
    with subprocess.Popen(["sh", "-c", command], cwd=ROOT) as process:  # noqa: S607
        wait_for(app / "loading")
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_ctrl_c_reaches_the_whole_group(app: Path) -> None:
    """A terminal sends Ctrl-C to the worker too: the request under way is still finished."""
    with running(app, group=True) as host, host.connect() as connection:
        connection.sendall(b"GET /api/slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        host.get("/api/hello")
        os.killpg(host.process.pid, signal.SIGINT)
        host.read_until("Stopping")
        (app / "go").touch()
        assert rest_of(connection).endswith(b"one")
        assert host.process.wait() == 0


@pytest.mark.parametrize(
    "name",
    [
        ".venv/lib/a.py",
        "env/pyvenv.cfg",
        "env/lib/a.py",
        "node_modules/a.py",
        "__pycache__/a.py",
        "tests/test_a.py",
        ".data/a.py",
        "notes.md",
        ".#a.py",
        "parts/host.json",
    ],
)
async def test_what_is_not_watched(app: Path, name: str) -> None:
    """Files that are not the app's do not count; one of its own that comes later does."""
    (app / "env").mkdir()
    (app / "env/pyvenv.cfg").touch()
    watch = Watch(app)
    change = asyncio.create_task(watch.next_change())
    (app / name).parent.mkdir(parents=True, exist_ok=True)
    (app / name).write_text("x = 1\n")
    (app / "parts/tests").mkdir()
    (app / "parts/tests/a.py").touch()
    assert await change == [app / "parts/tests/a.py"]


async def test_a_file_that_comes_and_goes(app: Path) -> None:
    """What an editor writes for a moment does not count as a change."""
    watch = Watch(app)
    change = asyncio.create_task(watch.next_change())
    await asyncio.sleep(0)
    (app / "4913.py").touch()
    (app / "4913.py").unlink()
    (app / "parts/words.py").unlink()
    assert await change == [app / "parts/words.py"]


async def test_a_folder_that_goes(app: Path) -> None:
    """A deleted folder is a change of all its files; the app's folder itself may vanish."""
    watch = Watch(app)
    shutil.rmtree(app / "parts")
    assert await watch.next_change() == [app / "parts/__init__.py", app / "parts/words.py"]
    shutil.rmtree(app)
    assert await watch.next_change() == [app / "function_app.py", app / "host.json"]


def test_another_prefix(app: Path) -> None:
    """Another routePrefix and other origins of Host.CORS count at once, for the page's link too."""
    settings = {"IsEncrypted": False, "Host": {"CORS": "https://a.example"}}
    with running(app, "--page", "api/hello") as host:
        (app / "host.json").write_text(
            '{"version": "2.0", "extensions": {"http": {"routePrefix": "v2"}}}'
        )
        host.read_until("Reloaded in")
        (app / "local.settings.json").write_text(json.dumps(settings))
        host.read_until("Reloaded in")
        assert b'"functions": "/v2"' in host.get("/")
        answer = host.exchange(
            b"GET /v2/hello HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n"
            b"Connection: close\r\n\r\n"
        )
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Access-Control-Allow-Origin: https://a.example" in answer


def test_ready_again(app: Path) -> None:
    """After a change of settings the app is asked again whether it is ready, and says why not."""

    def set_status(status: int) -> None:
        values = {"FROM_FILE": str(status)}
        (app / "local.settings.json").write_text(
            json.dumps({"IsEncrypted": False, "Values": values})
        )

    source = (
        _SOURCE
        + """
@app.route("ready")
async def ready(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("the disk is full", status_code=int(os.environ["FROM_FILE"]))
"""
    )
    (app / "function_app.py").write_text(source)
    set_status(200)
    with running(app, "--ready", "api/ready") as host:
        (app / "function_app.py").write_text(f"{source}\n")
        host.read_until("Reloaded in")
        set_status(503)
        host.read_until("Reloaded in")
        said = host.read_until("NOT READY")
        assert said == "NOT READY: /api/ready answers 503: the disk is full\n"
        # Also after a change of code, until it is ready.
        (app / "function_app.py").write_text(source)
        host.read_until("NOT READY")
        set_status(200)
        host.read_until("Ready.")
        assert "READY" not in host.stop()
