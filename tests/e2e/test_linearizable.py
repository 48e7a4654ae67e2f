"""Concurrent clients of a real server whose store fails: their answers are as if one after another.

The store is the fake of Cosmos DB's wire (``tests.contract.two_partitions``), in this process.
"""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, override

import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petstore.order import PET_STATUS
from tests.api.tokens import SECRET, token
from tests.contract.histories import CLIENTS, What, record, with_one_deletion
from tests.contract.linearizable import Call, State, explain, pet_model
from tests.contract.two_partitions import Fault, TwoPartitions
from tests.e2e.server import Server, started
from tests.emulator.cosmos_emulator import EMULATOR_KEY
from tests.tree import need_dev_host

need_dev_host()

_FAULTS: dict[str, Callable[[], Fault | None]] = {
    "none": lambda: None,
    "429": lambda: Fault("status", 429, {"x-ms-retry-after-ms": "1"}, ("replace", "read"), 4),
    "lose": lambda: Fault("lose", requests=("replace", "delete"), times=3),
    "reset": lambda: Fault("reset", requests=("replace", "delete"), times=3),
}


def _hang() -> Fault:
    return Fault("hang", requests=("replace", "delete"), times=1)


_METHODS = {"order": "PUT", "cancel": "DELETE", "move": "PATCH", "patch": "PATCH", "read": "GET"}
_ERRORS = {
    (404, "Pet not found"): "no pet",
    (404, "Order not found"): "no order",
    (403, "Forbidden"): "forbidden",
    (409, "Pet not available"): "not available",
    (409, "Pet has an order"): "ordered",
    (409, "Order cannot change"): "wrong step",
}
_LAST = "cut off"
# A client may go away before it is answered; what it asked for then is its last call.
_IMPATIENT = st.tuples(CLIENTS.filter(with_one_deletion), st.sets(st.integers(0, 4), max_size=2))


@pytest.fixture(scope="module")
async def wire() -> AsyncIterator[TwoPartitions]:
    """The fake of the wire."""
    fake = TwoPartitions()
    await fake.start()
    yield fake
    await fake.stop()


@asynccontextmanager
async def _serving(wire: TwoPartitions, folder: Path) -> AsyncIterator[Server]:
    """Run the API on a fake of the wire, which answers while the server starts and stops."""
    variables = {"COSMOS_ENDPOINT": wire.endpoint, "COSMOS_KEY": EMULATOR_KEY}
    running = started(folder, JWT_SECRET=SECRET, **variables)
    yield await asyncio.to_thread(running.__enter__)
    await asyncio.to_thread(functools.partial(running.__exit__, None, None, None))


@pytest.fixture(scope="module")
async def server(
    wire: TwoPartitions, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """Run the API on the fake."""
    async with _serving(wire, tmp_path_factory.mktemp("linearizable")) as server:
        yield server


def _model(state: State, what: What) -> tuple[object, State]:
    """Return what the rules promise, where a pet is read without its order."""
    answer, after = pet_model(state, what)
    if what[0] == "read" and state.exists:
        status = PET_STATUS[state.status] if state.status else "available"  # type: ignore[index]
        answer = (state.name, status)
    return answer, after


class _Api:
    """Asks the server about one pet."""

    def __init__(self, session: ClientSession, pet: str) -> None:
        self._session = session
        self._pet = pet

    async def ask(self, what: What) -> object:
        """Return what a call is answered; None where the server does not know or nobody waits."""
        kind, user = what[:2]
        path = self._pet + ("/order" if kind in {"order", "cancel", "move"} else "")
        bodies = {"move": {"status": what[-1]}, "patch": {"name": what[-1]}}
        if what[-1] == _LAST:
            await self._cut_off(_METHODS.get(kind, "DELETE"), path, user)
            return None
        status, body = await self._send(_METHODS.get(kind, "DELETE"), path, user, bodies.get(kind))
        if status == 503:
            return None
        if kind == "read" and status == 200:
            return (body["name"], body["status"])
        return "done" if status < 300 else _ERRORS[status, body["error"]]

    async def _send(
        self, method: str, path: str, user: str, body: object = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {_token(user)}"}
        async with self._session.request(method, path, json=body, headers=headers) as answer:
            return answer.status, json.loads(await answer.read() or b"null")

    async def _cut_off(self, method: str, path: str, user: str) -> None:
        """Send a request, and hang up without waiting for its answer."""
        url = self._session._base_url
        assert url is not None
        _, writer = await asyncio.open_connection(url.host, url.port)
        head = [f"{method} {path} HTTP/1.1", f"Host: {url.host}", "Content-Length: 0"]
        head += [f"Authorization: Bearer {_token(user)}", "", ""]
        writer.write("\r\n".join(head).encode())
        await writer.drain()
        writer.close()


@functools.cache
def _token(user: str) -> str:
    return token(user)


def _impatient(clients: list[list[What]], cut: set[int]) -> list[list[What]]:
    """Let some clients hang up in their last call: an order, a cancellation or a deletion."""
    bare = {"order", "cancel", "delete"}
    return [
        [*calls[:-1], (*calls[-1], _LAST)] if number in cut and calls[-1][0] in bare else calls
        for number, calls in enumerate(clients)
    ]


async def _history(
    wire: TwoPartitions, server: Server, fault: Fault | None, clients: list[list[What]]
) -> list[Call]:
    # No connection waits for a next call, so that none is closed meanwhile.
    connector, patient = TCPConnector(force_close=True), ClientTimeout(30)
    async with ClientSession(server.origin, connector=connector, timeout=patient) as session:
        new = {"name": "Rex", "species": "dog"}
        _, pet = await _Api(session, "")._send("POST", "/api/pets", "ada", new)
        wire.fault = fault
        history = await record(_Api(session, f"/api/pets/{pet['id']}").ask, clients)
        wire.fault = None
    return history


_LOOSE = settings(suppress_health_check=list(HealthCheck), deadline=None)


@pytest.mark.parametrize("kind", _FAULTS)
@settings(_LOOSE, max_examples=12)
@given(drawn=_IMPATIENT)
async def test_over_http(
    wire: TwoPartitions, server: Server, kind: str, drawn: tuple[list[list[What]], set[int]]
) -> None:
    """Some order of the calls explains every answer, with each fault of the store."""
    history = await _history(wire, server, _FAULTS[kind](), _impatient(*drawn))
    assert explain(history, _model, State()) is not None, history


@settings(_LOOSE, max_examples=3)  # each waits for as long as a call may take
@given(clients=CLIENTS.filter(with_one_deletion))
async def test_timeouts(wire: TwoPartitions, server: Server, clients: list[list[What]]) -> None:
    """The same where the store does not answer in time."""
    history = await _history(wire, server, _hang(), clients)
    assert explain(history, _model, State()) is not None, history


class _Careless(TwoPartitions):
    """Writes whatever the condition, once two writers have come."""

    def __init__(self) -> None:
        super().__init__()
        self._writers = asyncio.Barrier(2)

    @override
    async def _handle(self, request: web.BaseRequest) -> web.Response:
        if request.method == "PUT":
            await self._writers.wait()
        return await super()._handle(request)

    @override
    def _replace(self, call: Any) -> web.Response:
        call.headers.pop("If-Match")
        return super()._replace(call)


async def test_a_planted_fault_is_found(tmp_path: Path) -> None:
    """A store that writes without the condition sells a pet twice, and the search finds it out."""
    careless = _Careless()
    await careless.start()
    async with _serving(careless, tmp_path) as server:
        history = await _history(careless, server, None, [[("order", "bob")], [("order", "eve")]])
    await careless.stop()
    assert [call.answer for call in history] == ["done", "done"]
    assert explain(history, _model, State()) is None
