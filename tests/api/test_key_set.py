"""Tokens that are checked with an issuer's key set, served by a real HTTP server."""

import asyncio
import base64
import hmac
import json
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from petstore import key_set as key_set_module
from petstore.errors import KeysUnavailable, Unauthorized
from petstore.identity import Identity
from petstore.key_set import KeySet
from petstore.settings import JwtSettings
from tests.api.tokens import EC_KEY, RSA_KEY, key_set, token

_NAMED = {"iss": "https://issuer.example", "aud": "pets"}


class Issuer:
    """An issuer's key set, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self.keys: list[Any] = key_set()["keys"]
        self.status = 200
        self.content: bytes | None = None
        self.headers: dict[str, str] = {}
        self.url = ""
        # Bytes that come one by one, with a pause before each.
        self.drip = 0.0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer with the key set, or as the test wants."""
        self.asked += 1
        await asyncio.sleep(0.01)
        content = json.dumps({"keys": self.keys}).encode() if self.content is None else self.content
        response = web.StreamResponse(status=self.status, headers=self.headers)
        await response.prepare(request)
        if self.drip:
            for byte in content:
                await response.write(bytes([byte]))
                await asyncio.sleep(self.drip)
        await response.write(content)
        return response


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """Run an issuer on a free port."""
    issuer = Issuer()
    runner = web.ServerRunner(web.Server(issuer.handle), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
    yield issuer
    await runner.cleanup()


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that lets the key set's clock run ahead by seconds."""
    ahead = [0.0]
    monkeypatch.setattr(key_set_module, "monotonic", lambda: time.monotonic() + ahead[0])

    def pass_time(seconds: float) -> None:
        ahead[0] += seconds

    return pass_time


def _identity(issuer: Issuer) -> Identity:
    return Identity(JwtSettings(None, issuer.url, _NAMED["iss"], _NAMED["aud"]))


def _sign(key: Any = RSA_KEY, algorithm: str = "RS256", kid: object = "r1", **more: Any) -> str:
    headers = {} if kid is None else {"kid": kid}
    return f"Bearer {token(key=key, algorithm=algorithm, headers=headers, **{**_NAMED, **more})}"


def _rsa(kid: object = "r1") -> str:
    return _sign(kid=kid)


def _public(key: Any, **members: Any) -> dict[str, Any]:
    """Return a public key as an issuer publishes it; a member that is None is left out."""
    kind = jwt.algorithms.RSAAlgorithm if hasattr(key, "decrypt") else jwt.algorithms.ECAlgorithm
    data = {**kind.to_jwk(key.public_key(), as_dict=True), **members}
    return {name: value for name, value in data.items() if value is not None}


async def test_good_tokens(issuer: Issuer) -> None:
    """RS256 and ES256 are checked with the key that the token names; the set is asked once."""
    checks = _identity(issuer)
    assert (await checks.caller(_rsa())).user_id == "ada"
    elliptic = _sign(EC_KEY, "ES256", "e1", user_id="bob")
    assert (await checks.caller(elliptic)).user_id == "bob"
    assert issuer.asked == 1


async def test_the_public_key_is_no_secret(issuer: Issuer) -> None:
    """HS256 signed with the public key of RS256 is refused."""
    public = RSA_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # By hand: PyJWT does not sign so.
    content = token(headers={"kid": "r1"}, **_NAMED).rpartition(".")[0]
    signature = hmac.digest(public, content.encode(), "sha256")
    forged = f"{content}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(f"Bearer {forged}")


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
async def test_other_algorithms(issuer: Issuer, algorithm: str) -> None:
    """The algorithm is ours to choose."""
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(_sign(algorithm=algorithm))


async def test_a_key_of_the_tokens_own(issuer: Issuer) -> None:
    """Neither jku nor jwk in the token's header is looked at."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    headers = {"kid": "mine", "jku": issuer.url, "jwk": {"kty": "RSA"}}
    forged = token(key=other, algorithm="RS256", headers=headers, **_NAMED)
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(f"Bearer {forged}")


async def test_the_wrong_key_for_the_algorithm(issuer: Issuer) -> None:
    """A token that names a key of another kind is refused."""
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(_rsa("e1"))


async def test_a_storm_of_unknown_keys(issuer: Issuer) -> None:
    """Of a hundred tokens that name unknown keys none makes the set be asked for again."""
    checks = _identity(issuer)
    await checks.caller(_rsa())
    results = await asyncio.gather(
        *(checks.caller(_rsa(f"k{n}")) for n in range(100)), return_exceptions=True
    )
    assert all(isinstance(result, Unauthorized) for result in results)
    assert issuer.asked == 1


async def test_a_new_key(issuer: Issuer, pass_time: Callable[[float], None]) -> None:
    """A minute later an unknown key makes the set be asked for, once, and is found."""
    checks = _identity(issuer)
    issuer.keys = key_set()["keys"][1:]
    with pytest.raises(Unauthorized):
        await checks.caller(_rsa())
    issuer.keys = key_set()["keys"]
    pass_time(61)
    callers = await asyncio.gather(*(checks.caller(_rsa()) for _ in range(20)))
    assert {caller.user_id for caller in callers} == {"ada"}
    assert issuer.asked == 2


_NO_KEY_SETS = {
    "empty": b"",
    "no JSON": b"no JSON",
    "not UTF-8": b'{"keys": "\xff"}',
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "null": b"null",
    "keys a number": b'{"keys": 1}',
    "keys an object": b'{"keys": {"kty": "RSA"}}',
    "no keys": b'{"keys": []}',
    "no objects": b'{"keys": [1, null, "RSA", []]}',
    "too large": b'{"keys": [' + b" " * 1_000_001,
}


@pytest.mark.parametrize("content", _NO_KEY_SETS.values(), ids=_NO_KEY_SETS.keys())
async def test_what_is_not_a_key_set(issuer: Issuer, content: bytes) -> None:
    """Without any keys it is 503 and not 401, and the issuer is not asked at every request."""
    issuer.content = content
    await _expect_unavailable(issuer)


async def _expect_unavailable(issuer: Issuer) -> None:
    checks = _identity(issuer)
    results = await asyncio.gather(
        *(checks.caller(_rsa()) for _ in range(20)), return_exceptions=True
    )
    assert [type(result) for result in results] == [KeysUnavailable] * 20
    assert issuer.asked == 1
    with pytest.raises(KeysUnavailable) as caught:
        await checks.caller(_rsa())
    assert caught.value.retry_after > 0
    assert issuer.asked == 1


@pytest.mark.parametrize("status", [404, 500, 204])
async def test_the_issuer_answers_with_an_error(issuer: Issuer, status: int) -> None:
    """What comes with another status than 200 is not a key set."""
    issuer.status, issuer.content = status, b""
    await _expect_unavailable(issuer)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(issuer: Issuer, status: int) -> None:
    """Only the configured address names the keys: a redirect leads nowhere."""
    other = Issuer()
    runner = web.ServerRunner(web.Server(other.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer.status = status
    issuer.headers = {"Location": f"http://127.0.0.1:{runner.addresses[0][1]}/keys"}
    await _expect_unavailable(issuer)
    await runner.cleanup()
    assert other.asked == 0


async def test_a_key_set_that_drips(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch ends at its deadline even while bytes keep coming; all callers get 503 then."""
    monkeypatch.setattr(key_set_module, "_DEADLINE", 0.3)
    issuer.drip = 0.05
    begin = time.monotonic()
    await _expect_unavailable(issuer)
    assert time.monotonic() - begin < 2


async def test_a_connection_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline holds for headers that drip as for bodies, and no thread stays behind."""
    monkeypatch.setattr(key_set_module, "_DEADLINE", 0.3)

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    checks = Identity(JwtSettings(None, url, "i", "a"))
    begin, threads = time.monotonic(), threading.active_count()
    with pytest.raises(KeysUnavailable):
        await checks.caller(_rsa())
    assert time.monotonic() - begin < 2
    assert threading.active_count() <= threads
    server.close()


async def test_kept_keys_go_on_working(issuer: Issuer, pass_time: Callable[[float], None]) -> None:
    """When the issuer is away later, the keys that are there go on working."""
    checks = _identity(issuer)
    await checks.caller(_rsa())
    issuer.status = 500
    pass_time(2 * 3600)
    for _ in range(3):
        assert (await checks.caller(_rsa())).user_id == "ada"
        await _fetch(checks)
    assert issuer.asked == 2


async def test_kept_keys_do_not_wait(issuer: Issuer, pass_time: Callable[[float], None]) -> None:
    """While a slow issuer is asked again, callers with known keys are answered at once."""
    checks = _identity(issuer)
    await checks.caller(_rsa())
    issuer.drip = 0.01
    pass_time(2 * 3600)
    waiting = asyncio.create_task(checks.caller(_rsa("new")))
    begin = time.monotonic()
    for _ in range(20):
        assert (await checks.caller(_rsa())).user_id == "ada"
    assert time.monotonic() - begin < 1
    assert not waiting.done()
    with pytest.raises(KeysUnavailable):
        await waiting
    assert issuer.asked == 2


async def test_keys_are_replaced_in_time(
    issuer: Issuer, pass_time: Callable[[float], None]
) -> None:
    """An hour later the set is fetched again, and a key that left it is not accepted any more."""
    checks = _identity(issuer)
    await checks.caller(_rsa())
    issuer.keys = key_set()["keys"][1:]
    pass_time(3601)
    await checks.caller(_rsa())
    await _fetch(checks)
    with pytest.raises(Unauthorized):
        await checks.caller(_rsa())


async def test_an_unknown_key_while_the_issuer_is_away(
    issuer: Issuer, pass_time: Callable[[float], None]
) -> None:
    """A key that may be new is not called wrong while nobody can say; soon it is asked again."""
    checks = _identity(issuer)
    issuer.keys = key_set()["keys"][1:]
    await checks.caller(_sign(EC_KEY, "ES256", "e1"))
    issuer.status = 500
    pass_time(61)
    with pytest.raises(KeysUnavailable):
        await checks.caller(_rsa())
    issuer.status, issuer.keys = 200, key_set()["keys"]
    pass_time(6)
    assert (await checks.caller(_rsa())).user_id == "ada"


async def test_a_caller_that_leaves(issuer: Issuer) -> None:
    """A caller that is cancelled does not take the fetch away from the others."""
    checks = _identity(issuer)
    first = asyncio.create_task(checks.caller(_rsa()))
    second = asyncio.create_task(checks.caller(_rsa()))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).user_id == "ada"
    assert issuer.asked == 1


async def _fetch(checks: Identity) -> None:
    keys = checks._keys
    assert isinstance(keys, KeySet)
    if keys._fetch:
        await keys._fetch


@pytest.mark.parametrize("kid", [None, 7, ["r1"], {"r1": 1}, True, "", "\ud800", "x" * 5000])
async def test_strange_key_ids(issuer: Issuer, kid: object) -> None:
    """A token whose key id is of another type, or unknown, is refused."""
    header = json.dumps({"alg": "RS256", "kid": kid}).encode()
    text = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(f"Bearer {text}.{'.'.join(_rsa().split('.')[1:])}")


_SECOND = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the point
_CURVE = ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize("order", [1, -1])
async def test_keys_that_share_a_name(issuer: Issuer, order: int) -> None:
    """Of several keys with one kid each verifies its own tokens, whatever their order."""
    keys = [_public(RSA_KEY, kid="k"), _public(EC_KEY, kid="k"), _public(_SECOND, kid="k")]
    issuer.keys = keys[::order]
    checks = _identity(issuer)
    for key, algorithm in ((RSA_KEY, "RS256"), (EC_KEY, "ES256"), (_SECOND, "RS256")):
        assert (await checks.caller(_sign(key, algorithm, "k"))).user_id == "ada"
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(Unauthorized):
        await checks.caller(_sign(foreign, "RS256", "k"))


@pytest.mark.parametrize("keys", [[RSA_KEY], [EC_KEY], [RSA_KEY, EC_KEY]], ids=len)
async def test_tokens_without_a_key_id(issuer: Issuer, keys: list[Any]) -> None:
    """Where exactly one key fits a token, the token need not name it."""
    issuer.keys = [_public(key, kid=None if key is RSA_KEY else "e") for key in keys]
    checks = _identity(issuer)
    for key in keys:
        algorithm = "RS256" if key is RSA_KEY else "ES256"
        assert (await checks.caller(_sign(key, algorithm, None))).user_id == "ada"


async def test_tokens_without_a_key_id_among_many(issuer: Issuer) -> None:
    """Where several keys would fit, a token has to name its own."""
    issuer.keys = [_public(RSA_KEY, kid="1"), _public(_SECOND, kid="2")]
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(_sign(kid=None))


_UNFIT: dict[str, tuple[Any, dict[str, Any]]] = {
    "for encryption": (RSA_KEY, {"use": "enc"}),
    "a use of another type": (RSA_KEY, {"use": ["sig"]}),
    "operations": (RSA_KEY, {"key_ops": ["encrypt"]}),
    "operations of another type": (RSA_KEY, {"key_ops": "verify"}),
    "another algorithm": (RSA_KEY, {"alg": "RS512"}),
    "an algorithm of another type": (RSA_KEY, {"alg": ["RS256"]}),
    "another kind": (RSA_KEY, {"kty": "oct", "k": "c2VjcmV0"}),
    "a kind of another type": (RSA_KEY, {"kty": ["RSA"]}),
    "short": (_SHORT, {}),
    "private": (RSA_KEY, {"d": "AQAB"}),
    "a modulus of another type": (RSA_KEY, {"n": 7}),
    "no modulus": (RSA_KEY, {"n": None}),
    "an even exponent": (RSA_KEY, {"e": "Ag"}),
    "a name of another type": (RSA_KEY, {"kid": ["r1"]}),
    "a name that is a number": (RSA_KEY, {"kid": 7}),
    "another curve": (_CURVE, {}),
    "a curve of another type": (EC_KEY, {"crv": ["P-256"]}),
    "a point off the curve": (EC_KEY, {"x": "AQAB"}),
}


@pytest.mark.parametrize("fault", _UNFIT)
async def test_keys_that_verify_nothing(issuer: Issuer, fault: str) -> None:
    """A key that is weak, malformed or for other uses verifies no token; the others work on."""
    key, members = _UNFIT[fault]
    issuer.keys = [_public(key, **{"kid": "odd", **members}), _public(_SECOND, kid="good")]
    checks = _identity(issuer)
    assert (await checks.caller(_sign(_SECOND, kid="good"))).user_id == "ada"
    if key is not _CURVE:
        with pytest.raises(Unauthorized):
            await checks.caller(_signed_by(key, "odd"))


def _signed_by(key: Any, kid: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyJWT warns about the short key
        return _sign(key, "RS256" if hasattr(key, "decrypt") else "ES256", kid)


async def test_a_key_set_serves_all_tenants(issuer: Issuer) -> None:
    """A good signature is not enough: the token must name our issuer and our audience."""
    checks = _identity(issuer)
    for claims in (
        {"iss": "https://other.example"},
        {"aud": "other"},
        {"iss": None},
        {"aud": None},
    ):
        with pytest.raises(Unauthorized):
            await checks.caller(_sign(roles=["pets.admin"], **claims))
