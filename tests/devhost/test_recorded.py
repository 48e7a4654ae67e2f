"""Each recorded request gets the answer that the real Functions host gave."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests.devhost.deviations import DEVIATIONS

pytest.importorskip(
    "azure_functions_runtime", reason="SKIPPED: the dev host runs on Python 3.13 and later"
)

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_CASES = json.loads((_HERE / "recorded.json").read_text())
_LONG = 100
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
    """Run both probe apps, each on a free port."""
    with _running("probe_a") as port_a, _running("probe_b") as port_b:
        yield {"probe_a": port_a, "probe_b": port_b}


@contextmanager
def _running(app: str) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "devhost", "--app", _HERE / app, "--port", "0"],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        listening = next(line for line in process.stdout if line.startswith("Listening"))
        yield int(listening.split("/api")[0].rpartition(":")[2])
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
    text = body.decode("utf-8", "replace")
    # The recording cuts long bodies in this way.
    return {"body": text if len(text) <= _LONG else f"{text[:_LONG]}...({len(body)} bytes)"}


def _expected(recorded: dict[str, Any]) -> dict[str, Any]:
    headers = sorted([name.lower(), value] for name, value in recorded["headers"])
    return {**recorded, "headers": headers}


@pytest.mark.parametrize("case", _CASES, ids=[f"{case['app']}: {case['case']}" for case in _CASES])
def test_recorded(ports: dict[str, int], case: dict[str, Any]) -> None:
    """The same bytes get the same answer, unless the table of deviations says why not."""
    try:
        answer = _exchange(ports[case["app"]], case["request"].encode("latin-1"))
    except Exception as error:  # noqa: BLE001 - no answer at all is a difference too
        answer = {"no answer": repr(error)}
    key = (case["app"], case["case"])
    if key in DEVIATIONS:
        assert answer != _expected(case["response"]), "it deviates no more: strike the entry"
    else:
        assert answer == _expected(case["response"])


def test_the_table_of_deviations() -> None:
    """The table names only cases that exist, and is short."""
    assert DEVIATIONS.keys() <= {(case["app"], case["case"]) for case in _CASES}
    assert len(DEVIATIONS) <= 12


def test_the_recording_is_whole() -> None:
    """All recorded cases are here."""
    assert len(_CASES) == 373
