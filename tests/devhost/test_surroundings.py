"""What an app finds around it: environment, prefix, disabled functions, the end by force."""

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.devhost.running import running

pytest.importorskip(
    "azure_functions_runtime", reason="SKIPPED: the dev host runs on Python 3.13 and later"
)

_SOURCE = """
import json, logging, os, time
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
AT_IMPORT = dict(os.environ)

@app.route("seen")
def seen(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    logging.getLogger("shop").warning("hello from %s", context.function_name)
    trace = context.trace_context.trace_parent
    found = {"env": AT_IMPORT, "folder": os.getcwd(), "hour": time.localtime(0).tm_hour}
    return func.HttpResponse(json.dumps({**found, "trace": trace}))

@app.route("off")
def off(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("x")

@app.route("blocks")
def blocks(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(60)
    return func.HttpResponse("x")
"""
_SETTINGS: dict[str, Any] = {
    "IsEncrypted": False,
    "Values": {"FROM_FILE": "file", "TAKEN": "file", "AzureWebJobs.off.Disabled": True},
}


@contextmanager
def _running(folder: Path, **variables: Any) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """Run the app without a prefix; return the process, its port and what it printed."""
    (folder / "function_app.py").write_text(_SOURCE)
    (folder / "local.settings.json").write_text(json.dumps(_SETTINGS))
    (folder / "host.json").write_text('{"extensions": {"http": {"routePrefix": ""}}}')
    with running(folder, TZ="Asia/Tokyo", **variables) as host:
        yield host.process, host.port, host.printed


def _get(
    port: int, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_what_an_app_sees(tmp_path: Path) -> None:
    """Settings and the host's own variables are there at import; time is UTC; no trace is made."""
    trace = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    with _running(tmp_path, TAKEN="environment") as (process, port, printed):
        status, body = _get(port, "/seen", trace)
        process.terminate()
        assert process.stdout is not None
        log = process.stdout.read()
    found = json.loads(body)
    assert status == 200
    assert (found["folder"], found["hour"], found["trace"]) == (str(tmp_path), 0, "")
    expected = {
        "FROM_FILE": "file",
        "TAKEN": "environment",
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "AzureWebJobsScriptRoot": str(tmp_path),
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "WEBSITE_HOSTNAME": f"127.0.0.1:{port}",
    }
    assert expected.items() <= found["env"].items()
    assert "FUNCTIONS_CORETOOLS_ENVIRONMENT" not in found["env"]
    assert "Skipping TAKEN of local.settings.json" in printed
    assert " WARNING shop: hello from seen\n" in log


def test_a_disabled_function(tmp_path: Path) -> None:
    """A function that a setting switches off is named at the start and answers 404."""
    with _running(tmp_path) as (_, port, printed):
        assert _get(port, "/off") == (404, b"")
    assert "Disabled by a setting: off." in printed


def test_a_switch_without_effect(tmp_path: Path) -> None:
    """A switch with two underscores is named, since the function is served all the same."""
    with _running(tmp_path, AzureWebJobs__seen__Disabled="1") as (_, port, printed):
        assert _get(port, "/seen")[0] == 200
    assert "AzureWebJobs__seen__Disabled has no effect" in printed
    assert "AzureWebJobs_off_Disabled has no effect" not in printed


def test_cross_origin_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings file names origins, the host answers preflights, functions or not."""
    monkeypatch.setitem(_SETTINGS, "Host", {"CORS": "http://localhost:3000"})
    preflight = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "PUT"}
    with _running(tmp_path) as (_, port, _):
        assert _get(port, "/seen", preflight, method="OPTIONS") == (204, b"")
        assert _get(port, "/seen", {"Origin": "http://localhost:3000"})[0] == 200


@pytest.mark.parametrize(("switch", "status"), [("", 200), ("true", 204)])
def test_the_home_page(tmp_path: Path, switch: str, status: int) -> None:
    """The home page can be switched off."""
    with _running(tmp_path, AzureWebJobsDisableHomepage=switch) as (_, port, _):
        assert _get(port, "/")[0] == status


def test_a_second_signal(tmp_path: Path) -> None:
    """A second Ctrl-C ends the host at once, even while a handler blocks its thread."""
    with _running(tmp_path) as (process, port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/blocks")
        time.sleep(0.2)
        os.kill(process.pid, signal.SIGINT)
        assert process.stdout is not None
        assert "Stopping" in process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(5) == 1
        connection.close()
