"""Each recorded request gets the answer that the real Functions host gave."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests.devhost.deviations import DEVIATIONS
from tests.tree import ROOT

pytest.importorskip(
    "azure_functions_runtime", reason="SKIPPED: the dev host runs on Python 3.13 and later"
)

_HERE = Path(__file__).parent
_CASES = [
    case
    for name in ("recorded.json", "recorded_2.json")
    for case in json.loads((_HERE / name).read_text())
]
_NOT_RUNNING = "Function host is not running."
_DEAD = sorted({case["app"] for case in _CASES if case["response"].get("body") == _NOT_RUNNING})
_LIVE = sorted({case["app"] for case in _CASES} - {*_DEAD})
_SETTINGS = json.loads((_HERE / "recorded_settings.json").read_text())
_PAIR = """import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.route("hello")
def hello(req: func.HttpRequest) -> str:
    return "hello"
@app.route("other")
def other(req: func.HttpRequest) -> str:
    return "other"
"""
# What servers add, and the framing, which has no meaning.
_NOT_COMPARED = {
    "date",
    "server",
    "connection",
    "transfer-encoding",
    "content-length",
    "keep-alive",
}


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """Run the probe apps that start, each on a free port."""
    with ExitStack() as running:
        yield {app: running.enter_context(_running(_HERE / app)) for app in _LIVE}


@contextmanager
def _running(app: Path, **environment: str) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "devhost", "--app", app, "--port", "0"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        listening = next(line for line in process.stdout if line.startswith("Listening"))
        yield int(listening.split("/")[2].rpartition(":")[2])
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


def _exchange(port: int, request: bytes) -> dict[str, Any]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection, method=request.split(b" ")[0].decode("latin-1"))
        response.begin()
        body = response.read()
    answer: dict[str, Any] = {
        "status": response.status,
        "headers": sorted(
            [name.lower(), value]
            for name, value in response.getheaders()
            if name.lower() not in _NOT_COMPARED
        ),
    }
    return answer | _content(body)


def _content(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if isinstance(value, dict) and {"function", "route"} <= value.keys():
        value["headers"] = [pair for pair in value["headers"] if pair[0] != "connection"]
        return {"echo": value}
    return {"body": body.decode("utf-8", "replace")}


def _same(answer: dict[str, Any], recorded: dict[str, Any]) -> bool:
    """Compare; the recording cuts long bodies, and says how many bytes they have."""
    cut = re.fullmatch(r"(.*)\.\.\.\((\d+) bytes\)", recorded.get("body", ""), re.DOTALL)
    if cut and "body" in answer:
        whole = answer["body"]
        if whole.startswith(cut[1]) and len(whole.encode()) == int(cut[2]):
            answer = {**answer, "body": recorded["body"]}
    return {**answer, **_value(answer)} == {**recorded, **_value(recorded)}


def _value(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON body's value, since the recording wrote it again in its own way."""
    try:
        return {"body": json.loads(answer.get("body", ""))}
    except ValueError:
        return {}


def _expected(recorded: dict[str, Any]) -> dict[str, Any]:
    headers = sorted([name.lower(), value] for name, value in recorded["headers"])
    return {**recorded, "headers": headers}


_ALIVE = [case for case in _CASES if case["app"] in _LIVE]


@pytest.mark.parametrize("case", _ALIVE, ids=[f"{case['app']}: {case['case']}" for case in _ALIVE])
def test_recorded(ports: dict[str, int], case: dict[str, Any]) -> None:
    """The same bytes get the same answer, unless the table of deviations says why not."""
    try:
        answer = _exchange(ports[case["app"]], case["request"].encode("latin-1"))
    except Exception as error:  # noqa: BLE001 - no answer at all is a difference too
        answer = {"no answer": repr(error)}
    key = (case["app"], case["case"])
    if key in DEVIATIONS:
        assert not _same(answer, _expected(case["response"])), (
            "it no longer deviates: remove the entry"
        )
    else:
        assert _same(answer, _expected(case["response"])), answer


def test_the_table_of_deviations() -> None:
    """The table names only cases that exist, and is short."""
    assert DEVIATIONS.keys() <= {(case["app"], case["case"]) for case in _CASES}
    assert len(DEVIATIONS) <= 12


def test_the_recording_is_whole() -> None:
    """All recorded cases are here."""
    assert (len(_CASES), len(_SETTINGS)) == (473, 34)


def _check(app: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devhost", "--check", "--app", app],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("app", _DEAD)
def test_does_not_start(app: str) -> None:
    """Where the real host answers 503 everywhere, this one does not start, and says why."""
    result = _check(_HERE / app)
    assert result.returncode == 1
    assert f"{app}/function_app.py:" in result.stderr
    assert "the real host does not start" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("app", ["probe_asgi", "probe_wsgi"])
def test_frameworks_need_the_empty_prefix(tmp_path: Path, app: str) -> None:
    """Under the default prefix an ASGI or WSGI app does not start; the cure is named."""
    shutil.copytree(_HERE / app, tmp_path / app)
    (tmp_path / app / "host.json").write_text('{"version": "2.0"}')
    result = _check(tmp_path / app)
    assert result.returncode == 1
    assert '"routePrefix": ""' in result.stderr


def test_names_that_are_left_out() -> None:
    """Each function that the real host leaves out for its name is named, and fails the check."""
    result = _check(_HERE / "probe_names")
    assert result.returncode == 1
    left_out = [line for line in result.stderr.splitlines() if "is left out" in line]
    assert len(left_out) == 7


@pytest.mark.parametrize("case", _SETTINGS, ids=[case["case"] for case in _SETTINGS])
def test_recorded_settings(tmp_path: Path, case: dict[str, Any]) -> None:
    """host.json and the environment have the effect that they had on the real host."""
    (tmp_path / "function_app.py").write_text(_PAIR)
    if case["host.json"] is not None:
        (tmp_path / "host.json").write_text(case["host.json"])
    if not case["starts"]:
        result = _check(tmp_path, **case["environment"])
        assert result.returncode == 1
        assert "the real host does not start: " in result.stderr
        assert "Traceback" not in result.stderr
        return
    with _running(tmp_path, **case["environment"]) as port:
        served = []
        for prefix in ("api", "v1", "7", "v9"):
            for name in ("hello", "other"):
                request = f"GET /{prefix}/{name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                answer = _exchange(port, request.encode())
                if answer["status"] == 200:
                    served.append(f"/{prefix}/{name}")
                    for header in case.get("headers", []):
                        assert header in answer["headers"]
    # The recording looked at one path under another prefix.
    wanted = case["serves"]
    assert served == wanted or (len(wanted) == 1 and "hello" in wanted[0] and wanted[0] in served)
