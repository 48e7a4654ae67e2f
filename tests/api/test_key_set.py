"""Tokens that are checked with an issuer's key set, served by a real HTTP server."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from petstore import identity
from petstore.errors import StoreUnavailable, Unauthorized
from petstore.identity import Identity
from petstore.settings import JwtSettings
from tests.api.tokens import EC_KEY, RSA_KEY, key_set, token


class Issuer:
    """An issuer's key set, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer = web.Response()
        self.content: bytes | None = json.dumps(key_set()).encode()
        self.url = ""

    async def handle(self, _: web.BaseRequest) -> web.Response:
        """Answer with the key set, or with an error."""
        self.asked += 1
        await asyncio.sleep(0.01)
        if self.content is None:
            return web.Response(status=500)
        return web.Response(body=self.content)


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """Run an issuer on a free port."""
    issuer = Issuer()
    runner = web.ServerRunner(web.Server(issuer.handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
    yield issuer
    await runner.cleanup()


def _identity(issuer: Issuer) -> Identity:
    return Identity(JwtSettings(None, issuer.url, None, None))


def _rsa(kid: object = "r1") -> str:
    return f"Bearer {token(key=RSA_KEY, algorithm='RS256', headers={'kid': kid})}"


async def test_good_tokens(issuer: Issuer) -> None:
    """RS256 and ES256 are checked with the key that the token names; the set is asked once."""
    checks = _identity(issuer)
    assert (await checks.caller(_rsa())).user_id == "ada"
    elliptic = token("bob", key=EC_KEY, algorithm="ES256", headers={"kid": "e1"})
    assert (await checks.caller(f"Bearer {elliptic}")).user_id == "bob"
    assert issuer.asked == 1


async def test_the_public_key_is_no_secret(issuer: Issuer) -> None:
    """HS256 signed with the public key of RS256 is refused."""
    public = RSA_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # By hand: PyJWT does not sign so.
    content = token(headers={"kid": "r1"}).rpartition(".")[0]
    signature = hmac.digest(public, content.encode(), "sha256")
    forged = f"{content}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(f"Bearer {forged}")


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
async def test_other_algorithms(issuer: Issuer, algorithm: str) -> None:
    """The algorithm is ours to choose."""
    forged = token(key=RSA_KEY, algorithm=algorithm, headers={"kid": "r1"})
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(f"Bearer {forged}")


async def test_a_key_of_the_tokens_own(issuer: Issuer) -> None:
    """Neither jku nor jwk in the token's header is looked at."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    headers = {"kid": "mine", "jku": issuer.url, "jwk": {"kty": "RSA"}}
    forged = token(key=other, algorithm="RS256", headers=headers)
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(f"Bearer {forged}")


async def test_the_wrong_key_for_the_algorithm(issuer: Issuer) -> None:
    """A token that names a key of another kind is refused."""
    forged = token(key=RSA_KEY, algorithm="RS256", headers={"kid": "e1"})
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(f"Bearer {forged}")


async def test_a_storm_of_unknown_keys(issuer: Issuer) -> None:
    """Of a hundred tokens that name unknown keys none makes the set be asked for again."""
    checks = _identity(issuer)
    await checks.caller(_rsa())
    results = await asyncio.gather(
        *(checks.caller(_rsa(f"k{n}")) for n in range(100)), return_exceptions=True
    )
    assert all(isinstance(result, Unauthorized) for result in results)
    assert issuer.asked == 1


async def test_a_new_key(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute later an unknown key makes the set be asked for, once, and is found."""
    checks = _identity(issuer)
    issuer.content = b'{"keys": []}'.replace(b"[]", json.dumps(key_set()["keys"][1:]).encode())
    with pytest.raises(Unauthorized):
        await checks.caller(_rsa())
    issuer.content = json.dumps(key_set()).encode()
    now = time.monotonic()
    monkeypatch.setattr(identity, "monotonic", lambda: now + 61)
    callers = await asyncio.gather(*(checks.caller(_rsa()) for _ in range(20)))
    assert {caller.user_id for caller in callers} == {"ada"}
    assert issuer.asked == 2


@pytest.mark.parametrize("content", [None, b"", b"no JSON", b"[]", b'{"keys": 1}', b'{"keys": []}'])
async def test_the_key_set_is_away(issuer: Issuer, content: bytes | None) -> None:
    """Without any keys it is 503 and not 401, and the issuer is not asked at every request."""
    issuer.content = content
    checks = _identity(issuer)
    results = await asyncio.gather(
        *(checks.caller(_rsa()) for _ in range(20)), return_exceptions=True
    )
    assert all(isinstance(result, StoreUnavailable) for result in results)
    assert issuer.asked == 1


async def test_kept_keys_go_on_working(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the issuer is away later, the keys that are there go on working."""
    checks = _identity(issuer)
    await checks.caller(_rsa())
    issuer.content = None
    now = time.monotonic()
    monkeypatch.setattr(identity, "monotonic", lambda: now + 2 * 3600)
    assert (await checks.caller(_rsa())).user_id == "ada"
    assert issuer.asked == 2


@pytest.mark.parametrize("kid", [None, 7, ["r1"], "", "x" * 5000])
async def test_strange_key_ids(issuer: Issuer, kid: object) -> None:
    """A key id that is none is refused."""
    header = json.dumps({"alg": "RS256", "kid": kid}).encode()
    text = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    with pytest.raises(Unauthorized):
        await _identity(issuer).caller(f"Bearer {text}.{'.'.join(_rsa().split('.')[1:])}")
