"""``Host.CORS`` of local.settings.json: as Core Tools answer cross-origin requests."""

from collections.abc import Mapping

import pytest

from devhost.host import Host
from devhost.http.cors import Cors
from devhost.http.requests import Request
from devhost.worker.functions import Outcome
from devhost.worker.messages import Message, TypedData
from tests.devhost.fakes import FakeWorker, http_trigger

_PAGE = "http://localhost:3000"
_OTHER = "http://localhost:4000"
_PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-a,x-b"}


async def _ask(
    cors: Cors, method: str = "GET", target: str = "/api/hello", **headers: str
) -> tuple[int, dict[str, str], list[str]]:
    """Return status and headers of an answer, and the functions that were called."""
    called = []

    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> Outcome:
        called.append("hello")
        own = {"access-control-allow-origin": "http://of-the-function"}
        http = Message(status_code=200, headers=own, cookies=None, body=None)
        return Outcome(TypedData(http=http), {}, None)

    worker = FakeWorker()
    worker.add("hello", handler, http_trigger("hello"))
    handle = cors.wrap(Host(worker).handle)
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    response, _ = await handle(Request(method, target, named))
    return response.status, {name.lower(): value for name, value in response.headers}, called


@pytest.mark.parametrize("target", ["/api/hello", "/nosuch"])
async def test_a_preflight(target: str) -> None:
    """It is answered without the function, with what the page asked for, wherever it goes."""
    status, headers, called = await _ask(
        Cors((_PAGE,)), "OPTIONS", target, Origin=_PAGE, **_PREFLIGHT
    )
    assert (status, called) == (204, [])
    assert headers == {
        "access-control-allow-origin": _PAGE,
        "access-control-allow-headers": "x-a,x-b",
        "access-control-allow-methods": "PUT",
    }


async def test_a_preflight_of_another_origin() -> None:
    """It is a 204 too, and allows nothing."""
    status, headers, called = await _ask(Cors((_PAGE,)), "OPTIONS", Origin=_OTHER, **_PREFLIGHT)
    assert (status, headers, called) == (204, {}, [])


@pytest.mark.parametrize(
    ("cors", "origin", "expected"),
    [
        (Cors(("*",)), _PAGE, {"access-control-allow-origin": "*"}),
        (Cors((_PAGE,)), _PAGE, {"access-control-allow-origin": _PAGE}),
        (
            Cors((_PAGE, _OTHER), has_credentials=True),
            _OTHER,
            {
                "access-control-allow-origin": _OTHER,
                "access-control-allow-credentials": "true",
                "vary": "Origin",
            },
        ),
    ],
)
async def test_an_answer(cors: Cors, origin: str, expected: dict[str, str]) -> None:
    """The function is called, and its answer may be read; the host's headers replace its own."""
    status, headers, called = await _ask(cors, Origin=origin)
    assert (status, called) == (200, ["hello"])
    assert expected.items() <= headers.items()


async def test_an_answer_that_is_not_the_functions() -> None:
    """A 404 may be read too."""
    status, headers, _ = await _ask(Cors(("*",)), target="/nosuch", Origin=_PAGE)
    assert (status, headers["access-control-allow-origin"]) == (404, "*")


@pytest.mark.parametrize(
    ("cors", "headers"),
    [(Cors((_PAGE,)), {"Origin": _OTHER}), (Cors(("*",)), {}), (Cors(), {"Origin": _PAGE})],
)
async def test_nothing_is_added(cors: Cors, headers: dict[str, str]) -> None:
    """Other origins, requests without one and apps without the setting: the function answers."""
    _, found, called = await _ask(cors, **headers)
    assert found["access-control-allow-origin"] == "http://of-the-function"
    assert called == ["hello"]


async def test_options_of_an_app_without_the_setting() -> None:
    """Without the setting a preflight goes to the function."""
    _, _, called = await _ask(Cors(), "OPTIONS", Origin=_PAGE, **_PREFLIGHT)
    assert called == ["hello"]
