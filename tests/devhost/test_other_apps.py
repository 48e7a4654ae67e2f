"""Other people's apps run unchanged: Microsoft's quickstart, FastAPI, Flask."""

import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.devhost.running import Running, check, running

pytest.importorskip(
    "azure_functions_runtime", reason="SKIPPED: the dev host runs on Python 3.13 and later"
)

_HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def quickstart() -> Iterator[Running]:
    """Run the quickstart."""
    with running(_HERE / "probe_quickstart", FUNCTIONS_WORKER_RUNTIME="python") as found:
        yield found


@pytest.fixture(scope="module", params=["probe_asgi", "probe_wsgi"])
def framework(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Run the FastAPI app, then the Flask app; they answer some requests alike."""
    with running(_HERE / request.param) as found:
        yield found


@pytest.fixture(scope="module")
def fastapi() -> Iterator[Running]:
    """Run the FastAPI app."""
    with running(_HERE / "probe_asgi") as found:
        yield found


def _ask(
    host: Running, method: str, path: str, body: object = None
) -> tuple[int, Mapping[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=20)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/api/http_trigger?name=Ada", None, (200, b"Hello, Ada.")),
        ("POST", "/api/http_trigger", {"name": "Bob"}, (200, b"Hello, Bob.")),
        ("GET", "/api/async/Ada", None, (200, b"async_trigger greets Ada")),
        ("GET", "/api/async", None, (200, b"async_trigger greets nobody")),
        ("GET", "/api/async/7", None, (404, b"")),
        ("POST", "/api/async/Ada", None, (404, b"")),
        ("PUT", "/api/default_template", None, (201, b'{"from": "blueprint"}')),
    ],
)
def test_quickstart(
    quickstart: Running, method: str, path: str, body: object, expected: tuple[int, bytes]
) -> None:
    """Synchronous and asynchronous functions answer, those of a blueprint too; no key is asked."""
    status, _, sent = _ask(quickstart, method, path, body)
    assert (status, sent) == expected


def test_the_quickstart_at_the_start(quickstart: Running) -> None:
    """Its functions are printed, and the settings of host.json that have no effect here."""
    printed = quickstart.printed
    assert all(name in printed for name in ("http_trigger", "async_trigger", "default_template"))
    assert "logging.applicationInsights" in printed


def test_the_timer_of_the_quickstart() -> None:
    """A timer runs by hand, and at the start where it asks for that."""
    result = check(_HERE / "probe_quickstart", "--run", "timer_trigger")
    assert result.returncode == 0
    assert "timer timer_trigger succeeded" in result.stdout
    assert "timer_trigger ran, past due: False" in result.stderr


@pytest.mark.parametrize(
    ("app", "count"), [("probe_quickstart", 4), ("probe_asgi", 1), ("probe_wsgi", 1)]
)
def test_check(app: str, count: int) -> None:
    """``--check`` finds nothing wrong with them."""
    result = check(_HERE / app)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, f"OK: {count} functions")


def test_json_of_a_framework(framework: Running) -> None:
    """A body goes through the framework and back, with the length that it set."""
    item = {"name": "Ada", "price": 1.5}
    status, headers, sent = _ask(framework, "POST", "/items", item)
    assert (status, json.loads(sent)) == (201, item)
    assert headers["content-length"] == str(len(sent))
    assert headers["content-type"] == "application/json"


def test_the_route_of_a_framework_at_the_start(framework: Running) -> None:
    """It is printed with one slash, as it is requested."""
    assert " /{*route} " in framework.printed


def test_many_requests_of_a_framework(framework: Running) -> None:
    """One connection after the other is served; the framework's state lasts."""
    answers = [_ask(framework, "GET", f"/hello/{number}") for number in range(20)]
    assert [json.loads(sent) for _, _, sent in answers] == [
        {"hello": str(number)} for number in range(20)
    ]


def test_a_wrong_length_of_a_framework(fastapi: Running) -> None:
    """A length that is wrong is a 500 with nothing in it, and the next request is served."""
    assert _ask(fastapi, "GET", "/wrong")[0::2] == (500, b"")
    assert _ask(fastapi, "GET", "/nothing")[0] == 204


def test_a_document_of_a_framework(fastapi: Running) -> None:
    """FastAPI's own description of the app is there, and names its paths."""
    status, _, sent = _ask(fastapi, "GET", "/openapi.json")
    assert status == 200
    assert {"/hello/{name}", "/items"} <= json.loads(sent)["paths"].keys()
