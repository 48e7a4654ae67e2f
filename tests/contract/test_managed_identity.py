"""The app's own managed identity credential, next to azure.identity's, against one fake endpoint."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import ManagedIdentityCredential as TheirCredential

from petstore import managed_identity
from petstore.managed_identity import ManagedIdentityCredential

pytestmark = pytest.mark.servers

SCOPE = "https://account.documents.azure.com/.default"
DAY = 86_400  # seconds


@dataclass
class Endpoint:
    """A fake of the platform's identity endpoint that answers as it is told."""

    answers: list[Callable[[], web.StreamResponse | Awaitable[web.StreamResponse]]] = field(
        default_factory=list
    )
    questions: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def environ(self) -> dict[str, str]:
        """What Azure sets in the app's environment."""
        return {"IDENTITY_ENDPOINT": self.url, "IDENTITY_HEADER": "a-proof"}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Note the question and answer it with the next answer."""
        proof = request.headers["X-IDENTITY-HEADER"]
        self.questions.append({"method": request.method, "proof": proof, **request.query})
        answer = self.answers.pop(0)() if self.answers else token()
        return answer if isinstance(answer, web.StreamResponse) else await answer


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """A fake endpoint on a free port."""
    fake = Endpoint()
    runner = web.ServerRunner(web.Server(fake.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/msi/token"
    yield fake
    await runner.cleanup()


@dataclass
class Clock:
    """A clock that is ahead of the machine's."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Return the time in seconds since 1970."""
        return time.time() + self.ahead


def token(text: str = "a-token", life: float = DAY, **members: Any) -> web.Response:
    """Return an answer like the platform's."""
    ends = str(int(time.time() + life))
    answer = {"access_token": text, "expires_on": ends, "resource": "r", "token_type": "Bearer"}
    return web.json_response({**answer, **members})


def text(status: int, body: str) -> Callable[[], web.StreamResponse]:
    """Return what makes an answer of plain text."""
    return lambda: web.Response(status=status, text=body)


@pytest.mark.parametrize("client_id", [None, "11111111-2222-3333-4444-555555555555"])
async def test_asks_as_the_sdk_does(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, client_id: str | None
) -> None:
    """The question, the token, its end and its renewal are those of azure.identity."""
    for name, value in endpoint.environ.items():
        monkeypatch.setenv(name, value)
    async with TheirCredential(client_id=client_id) as theirs:
        expected = await theirs.get_token_info(SCOPE)
    async with ManagedIdentityCredential(endpoint.environ, client_id) as ours:
        got = await ours.get_token_info(SCOPE)
        assert (await ours.get_token(SCOPE)).token == got.token
    first, second = endpoint.questions
    assert first == second
    assert (got.token, got.token_type) == (expected.token, expected.token_type)
    assert got.expires_on == pytest.approx(expected.expires_on, abs=2)
    assert got.refresh_on == pytest.approx(expected.refresh_on, abs=2)


async def test_asks_once_for_everybody(endpoint: Endpoint) -> None:
    """A hundred callers at once share one question; two resources are two."""
    credential = ManagedIdentityCredential(endpoint.environ)
    tokens = await asyncio.gather(*(credential.get_token(SCOPE) for _ in range(100)))
    assert len(set(tokens)) == len(endpoint.questions) == 1
    await credential.get_token("https://redis.azure.com/.default")
    assert [asked["resource"] for asked in endpoint.questions] == [
        "https://account.documents.azure.com",
        "https://redis.azure.com",
    ]


@pytest.mark.parametrize(("life", "quiet_for"), [(DAY, DAY // 2), (3_600, 3_300)])
async def test_renews_ahead_of_the_end(endpoint: Endpoint, life: int, quiet_for: int) -> None:
    """A long token is renewed at half of its life, a short one five minutes before its end."""
    clock = Clock()
    endpoint.answers = [lambda: token("old", life), lambda: token("new", 2 * DAY)]
    credential = ManagedIdentityCredential(endpoint.environ, clock=clock)
    assert (await credential.get_token(SCOPE))[0] == "old"
    clock.ahead += quiet_for - 5
    assert (await credential.get_token(SCOPE))[0] == "old"
    clock.ahead += 10
    assert (await credential.get_token(SCOPE))[0] == "new"


async def test_keeps_a_valid_token_while_renewals_fail(endpoint: Endpoint) -> None:
    """A failing endpoint costs nothing before the token's end, and is not asked at each call."""
    clock = Clock()
    credential = ManagedIdentityCredential(endpoint.environ, clock=clock)
    await credential.get_token(SCOPE)
    endpoint.answers = [text(403, "not now")] * 2
    clock.ahead += DAY // 2 + 1
    for _ in range(3):
        assert (await credential.get_token(SCOPE))[0] == "a-token"
    assert len(endpoint.questions) == 2
    clock.ahead += DAY
    with pytest.raises(ClientAuthenticationError, match="403: not now"):
        await credential.get_token(SCOPE)


@pytest.mark.parametrize("status", [404, 429, 500, 503])
async def test_asks_again_after_a_passing_failure(endpoint: Endpoint, status: int) -> None:
    """A failure that may pass is tried three times in all."""
    endpoint.answers = [text(status, "busy")] * 2
    credential = ManagedIdentityCredential(endpoint.environ)
    assert (await credential.get_token(SCOPE))[0] == "a-token"
    endpoint.answers = [text(status, "busy")] * 3
    with pytest.raises(ClientAuthenticationError, match=f"{status}: busy"):
        await ManagedIdentityCredential(endpoint.environ).get_token(SCOPE)
    assert len(endpoint.questions) == 6


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (text(400, '{"message":"No User Assigned\r\n identity found"}'), "400: .* identity found"),
        (text(302, "elsewhere"), "302"),
        (text(200, "<html>"), "not a token: JSONDecodeError"),
        (text(200, "[]"), "not a token: TypeError"),
        (text(200, "[" * 60_000), "not a token: RecursionError"),
        (text(200, "{}"), "not a token: KeyError"),
        (lambda: token(access_token=5), "not a token: AttributeError"),
        (lambda: token("caf\u00e9"), "not a token: UnicodeEncodeError"),
        (lambda: token(expires_on="tomorrow"), "not a token: ValueError"),
        (lambda: token(expires_on=None), "not a token: KeyError"),
        (text(200, json.dumps({"access_token": "x" * 70_000})), "not a token: JSONDecodeError"),
    ],
)
async def test_says_what_is_wrong(
    endpoint: Endpoint, answer: Callable[[], web.StreamResponse], reason: str
) -> None:
    """An answer that is not a token is an error of the SDK's kind that tells what came."""
    endpoint.answers = [answer]
    with pytest.raises(ClientAuthenticationError, match=reason) as caught:
        await ManagedIdentityCredential(endpoint.environ).get_token(SCOPE)
    assert "x" * 1_000 not in str(caught.value)
    assert len(endpoint.questions) == 1


async def test_takes_an_answer_that_tells_the_seconds_left(endpoint: Endpoint) -> None:
    """``expires_in`` is understood where ``expires_on`` is missing."""
    endpoint.answers = [lambda: token(expires_on=None, expires_in="3600")]
    got = await ManagedIdentityCredential(endpoint.environ).get_token(SCOPE)
    assert got.expires_on == pytest.approx(time.time() + 3_600, abs=2)


async def test_says_that_there_is_no_identity() -> None:
    """Outside Azure the error names the variables that are missing."""
    with pytest.raises(ClientAuthenticationError, match="IDENTITY_ENDPOINT"):
        await ManagedIdentityCredential({}).get_token(SCOPE)


async def test_says_that_nobody_answers(unused_tcp_port: int) -> None:
    """A refused connection is an error of the SDK's kind."""
    environ = {"IDENTITY_ENDPOINT": f"http://127.0.0.1:{unused_tcp_port}", "IDENTITY_HEADER": "a"}
    with pytest.raises(ClientAuthenticationError, match="does not answer"):
        await ManagedIdentityCredential(environ).get_token(SCOPE)


async def test_gives_up_on_a_silent_endpoint(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint that never ends its answer is left after a fixed time, three times."""
    monkeypatch.setattr(managed_identity, "_PATIENCE", 0.05)
    released = asyncio.Event()

    async def stall() -> web.StreamResponse:
        await released.wait()
        return web.Response()

    endpoint.answers = [stall, stall, stall]
    with pytest.raises(ClientAuthenticationError, match="TimeoutError"):
        await ManagedIdentityCredential(endpoint.environ).get_token(SCOPE)
    released.set()


async def test_a_caller_who_leaves_takes_nobody_along(endpoint: Endpoint) -> None:
    """A caller whose deadline ends during the question does not fail the others."""
    credential = ManagedIdentityCredential(endpoint.environ)
    first = asyncio.create_task(credential.get_token(SCOPE))
    second = asyncio.create_task(credential.get_token(SCOPE))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)[0] == "a-token"
