"""``--page``: the host's own addresses lead to the app's page."""

import json
from collections.abc import Mapping

import pytest

from devhost.host import Host
from devhost.host_json import HostJson
from devhost.http.home import Home
from devhost.http.requests import Request
from devhost.http.responses import Response
from devhost.worker.functions import Outcome
from devhost.worker.messages import TypedData
from tests.devhost.fakes import FakeWorker, http_trigger

_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def _ask(
    target: str,
    accept: str = _BROWSER,
    *,
    method: str = "GET",
    page: str = "api/docs",
    route: str = "hello",
    prefix: str = "api",
) -> Response:
    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> Outcome:
        return Outcome(TypedData(string="hello"), {}, None)

    worker = FakeWorker()
    worker.add("hello", handler, http_trigger(route))
    host = Host(worker, HostJson(route_prefix=prefix))
    handle = Home(page, prefix).wrap(host.handle)
    response, _ = await handle(Request(method, target, [("Accept", accept)]))
    return response


@pytest.mark.parametrize("target", ["/", "/?a=b", "/docs", "/docs/", "/docs?a=b"])
async def test_a_browser_is_led(target: str) -> None:
    """A browser goes on to the page."""
    response = await _ask(target)
    assert response.status == 303
    assert ("Location", "/api/docs") in response.headers
    assert ("Vary", "Accept") in response.headers


@pytest.mark.parametrize("target", ["/", "/docs"])
@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
async def test_a_client_gets_links(target: str, accept: str) -> None:
    """What is not a browser gets the links as JSON."""
    response = await _ask(target, accept)
    assert response.status == 200
    assert ("Content-Type", "application/json") in response.headers
    assert json.loads(response.body) == {"page": "/api/docs", "functions": "/api"}


@pytest.mark.parametrize(
    ("target", "method"),
    [
        ("/other", "GET"),
        ("/docs/x", "GET"),
        ("/", "POST"),
        ("/docs", "DELETE"),
        ("/admin/x", "GET"),
    ],
)
async def test_other_requests(target: str, method: str) -> None:
    """Everything else is answered as without a page."""
    with_page = await _ask(target, method=method)
    assert with_page == await _ask(target, method=method, page="")
    assert with_page.status != 303


@pytest.mark.parametrize(("target", "route"), [("/docs", "docs"), ("/", "{*path}")])
async def test_functions_come_first(target: str, route: str) -> None:
    """An address that a function answers stays the function's."""
    response = await _ask(target, route=route, prefix="")
    assert (response.status, response.body) == (200, b"hello")


async def test_the_home_page_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the setting has taken out the home page, it stays out."""
    monkeypatch.setenv("AzureWebJobsDisableHomepage", "true")
    assert (await _ask("/")).status == 204
