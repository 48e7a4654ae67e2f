"""``--ready``: an app that is not ready says why, as the last thing that is printed."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from devhost.host import Host
from devhost.readiness import find_problem
from devhost.worker.functions import Outcome
from devhost.worker.messages import Message, TypedData
from tests.devhost.fakes import FakeWorker, Handler, http_trigger
from tests.devhost.running import running
from tests.tree import need_dev_host

_APP = """
import json, os
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("ready")
def ready(req: func.HttpRequest) -> func.HttpResponse:
    print("asked for", req.headers["accept"], "at", req.url)
    status = int(os.environ["STATUS"])
    return func.HttpResponse(json.dumps({"detail": "the disk\\nis full"}), status_code=status)
"""


def _answering(status: int, body: str) -> Handler:
    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> Outcome:
        content = TypedData(bytes=body.encode())
        http = Message(status_code=status, headers={}, cookies=None, body=content)
        return Outcome(TypedData(http=http), {}, None)

    return handler


async def _find(handler: Handler, path: str = "api/ready", seconds: float = 20) -> str | None:
    worker = FakeWorker()
    worker.add("ready", handler, http_trigger("ready"))
    return await find_problem(Host(worker).handle, path, seconds)


@pytest.mark.parametrize("status", [200, 204, 302])
async def test_ready(status: int) -> None:
    """A status below 400 says that all is well."""
    assert await _find(_answering(status, "x")) is None


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        (json.dumps({"detail": "no\n disk"}), ": no disk"),
        ('{"detail": 7}', ': {"detail": 7}'),
        ("broken\r\nhere", ": broken here"),
        ("[" * 50_000, f": {'[' * 500}"),
        ("", ""),
    ],
)
async def test_not_ready(body: str, rest: str) -> None:
    """The reason is the detail of problem details, or else the beginning of the body, on a line."""
    assert await _find(_answering(503, body)) == f"/api/ready answers 503{rest}"


async def test_no_answer() -> None:
    """A failure, a path that is not there and an answer that does not come are problems too."""

    async def fail(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> Outcome:
        raise RuntimeError

    async def hang(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    assert await _find(fail) == "/api/ready answers 500"
    assert await _find(fail, "/nosuch") == "/nosuch answers 404"
    assert await _find(hang, seconds=0.01) == "/api/ready did not answer within 0.01 s"


@pytest.mark.parametrize(("status", "is_ready"), [("200", True), ("503", False)])
def test_the_start(tmp_path: Path, status: str, is_ready: bool) -> None:  # noqa: FBT001
    """The app is asked once, before the host listens; what is wrong is the last line."""
    need_dev_host()
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(_APP)
    options = ("--ready", "api/ready", "--page", "api/ready")
    with running(tmp_path, *options, STATUS=status) as host:
        rest = host.stop()
    assert host.printed.count("asked for application/json") == 1
    lines = rest.splitlines()
    (stopping,) = (index for index, line in enumerate(lines) if "Stopping" in line)
    last = lines[stopping - 1]
    if is_ready:
        assert last == f"Open http://127.0.0.1:{host.port}/api/ready in a browser."
    else:
        assert last == "NOT READY: /api/ready answers 503: the disk is full"
