"""functionTimeout of host.json: the call fails, and its worker is replaced, as on the real host."""

import re
import threading
from pathlib import Path

import pytest

from tests.devhost.running import Running, running
from tests.tree import need_dev_host

need_dev_host()
_SOURCE = """import asyncio, os, time
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("pid")
async def pid(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(os.getpid()))

@app.route("blocks")
def blocks(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(600)

@app.route("waits")
async def waits(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(600)

@app.route("holds")
async def holds(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(600)  # all other calls wait too
"""
_QUEUE = """
@app.queue_trigger(arg_name="message", queue_name="work", connection="AzureWebJobsStorage")
def take(message: func.QueueMessage) -> None:
    print("took", message.get_body().decode(), "try", message.dequeue_count, flush=True)
    if message.dequeue_count == 1:
        time.sleep(600)

@app.route("put")
@app.queue_output(arg_name="out", queue_name="work", connection="AzureWebJobsStorage")
def put(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
    out.set("hello")
    return func.HttpResponse("x")
"""
_TIMER = """
@app.timer_trigger(schedule="* * * * * *", arg_name="timer")
def tick(timer: func.TimerRequest) -> None:
    print("tick in", os.getpid(), flush=True)
    time.sleep(600)
"""
_FAILED = "{} failed: took longer than functionTimeout of host.json (1 s)"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return the folder of an app whose calls may take a second."""
    (tmp_path / "function_app.py").write_text(_SOURCE)
    (tmp_path / "host.json").write_text('{"version": "2.0", "functionTimeout": "00:00:01"}')
    return tmp_path


def _pid(host: Running) -> bytes:
    answer = host.get("/api/pid")
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return answer.rpartition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("name", ["blocks", "waits", "holds"])
def test_the_worker_is_replaced(app: Path, name: str) -> None:
    """However a function hangs, its call is a 500 with an empty body; the next is answered."""
    with running(app) as host:
        before = _pid(host)
        answer = host.get(f"/api/{name}")
        assert answer.startswith(b"HTTP/1.1 500")
        assert answer.endswith(b"\r\n\r\n")
        assert _pid(host) != before
        printed = host.stop()
    assert _FAILED.format(name) in printed
    assert "Traceback" not in printed


def test_again_and_again(app: Path) -> None:
    """An app that only ever hangs is not given up."""
    with running(app) as host:
        for _ in range(5):
            assert host.get("/api/waits").startswith(b"HTTP/1.1 500")
        assert _pid(host)


def test_two_at_once(app: Path) -> None:
    """Two calls that hang end the worker once, and both are a 500."""
    with running(app) as host:
        answers: list[bytes] = []
        asking = [
            threading.Thread(target=lambda: answers.append(host.get("/api/waits"))) for _ in "ab"
        ]
        for one in asking:
            one.start()
        for one in asking:
            one.join(20)
        assert [answer[:12] for answer in answers] == [b"HTTP/1.1 500"] * 2
        assert _pid(host)


def test_a_timer(app: Path) -> None:
    """A timer goes on in another process."""
    (app / "function_app.py").write_text(_SOURCE + _TIMER)
    with running(app) as host:
        printed = host.read_until(_FAILED.format("tick")) + host.read_until("tick in")
    assert len({*re.findall(r"tick in (\d+)", printed)}) == 2


def test_a_message(app: Path) -> None:
    """A message whose call takes too long is tried again."""
    (app / "function_app.py").write_text(_SOURCE + _QUEUE)
    (app / "host.json").write_text(
        '{"version": "2.0", "functionTimeout": "00:00:01",'
        ' "extensions": {"queues": {"visibilityTimeout": "00:00:00"}}}'
    )
    with running(app) as host:
        assert host.get("/api/put").startswith(b"HTTP/1.1 200")
        assert "took hello try 1" in host.read_until(_FAILED.format("take"))
        host.read_until("took hello try 2")
        assert "(try 2 of 5)" in host.read_until("take succeeded")
