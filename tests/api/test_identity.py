"""Who may do what, with tokens of a shared secret."""

import base64
import json
import logging
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

import function_app
from function_app import wiring
from petstore.errors import ConfigurationError
from petstore.settings import read_settings
from tests.api.client import Answer, Client
from tests.api.tokens import RSA_KEY, SECRET, bearer, claims, token
from tests.ports import free_port

PET = {"name": "Ada", "species": "cat", "owner_email": "ada.secret@example.org"}
_WITH_BODY = {"POST", "PUT", "PATCH", "QUERY"}
ADMIN = {"scope": "pets.read pets.admin"}


@pytest.fixture
async def secured(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return a client of an API that asks for tokens."""
    await wiring.close()
    monkeypatch.setenv("JWT_SECRET", SECRET)
    return client


async def _send(
    client: Client, method: str, target: str, headers: dict[str, str], body: object = PET
) -> Answer:
    content = json.dumps(body).encode() if method in _WITH_BODY else b""
    return await client.request(method, target, content, headers)


async def _create(client: Client, user: str = "ada") -> str:
    answer = await _send(client, "POST", "/api/pets", bearer(user))
    assert answer.status == 201
    return answer.headers["location"]


async def test_reading_is_public(secured: Client) -> None:
    """Anybody may read, and sees no address."""
    place = await _create(secured)
    for target in (place, "/api/pets"):
        answer = await secured.get(target)
        assert answer.status == 200
        assert b"ada.secret@example.org" not in answer.body
        assert "private" not in answer.headers["cache-control"]


async def test_writing_needs_a_token(secured: Client) -> None:
    """Without a token nothing is written, and the answer says what is needed."""
    place = await _create(secured)
    for method, target in [
        ("POST", "/api/pets"),
        ("PUT", place),
        ("PATCH", place),
        ("DELETE", place),
        ("GET", "/api/me/pets"),
    ]:
        answer = await _send(secured, method, target, {})
        assert (answer.status, answer.json()["error"]) == (401, "Unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert (await secured.get(place)).status == 200


async def test_owners(secured: Client) -> None:
    """The owner changes and deletes; another user is refused, and told nothing of the pet."""
    place = await _create(secured)
    for method in ("PUT", "PATCH", "DELETE"):
        answer = await _send(secured, method, place, bearer("bob"))
        assert (answer.status, answer.json()["error"]) == (403, "Forbidden")
        assert b"Ada" not in answer.body
    for method, status in (("PUT", 200), ("PATCH", 200), ("DELETE", 204)):
        assert (await _send(secured, method, place, bearer("ada"))).status == status


async def test_a_stranger_learns_nothing_from_conditions(secured: Client) -> None:
    """A stranger is refused before any condition or patch is looked at."""
    place = await _create(secured)
    stale = bearer("bob") | {"If-Match": '"x"'}
    assert (await _send(secured, "PATCH", place, stale, {"name": None})).status == 403
    assert (await _send(secured, "DELETE", place, stale)).status == 403


async def test_administrators(secured: Client) -> None:
    """An administrator changes and deletes every pet, those without an owner too."""
    place = await _create(secured)
    assert (await _send(secured, "PATCH", place, bearer("eve", **ADMIN))).status == 200
    assert (await _send(secured, "DELETE", place, bearer("eve", **ADMIN))).status == 204


@pytest.mark.parametrize(
    "scopes", [{"scp": "pets.admin"}, {"scope": "a pets.admin b"}, {"roles": ["pets.admin"]}]
)
async def test_where_the_scope_stands(secured: Client, scopes: dict[str, Any]) -> None:
    """The administrators' scope counts wherever issuers put it."""
    place = await _create(secured)
    assert (await _send(secured, "DELETE", place, bearer("eve", **scopes))).status == 204


@pytest.mark.parametrize(
    "scopes",
    [
        {"scp": "pets.administrator"},
        {"scope": ["pets.admin"]},
        {"roles": "pets.admin"},
        {"roles": [1, None]},
        {"scp": 7},
        {"roles": {"pets.admin": 1}},
    ],
)
async def test_what_is_no_scope(secured: Client, scopes: dict[str, Any]) -> None:
    """What only looks like the scope makes nobody an administrator."""
    place = await _create(secured)
    assert (await _send(secured, "DELETE", place, bearer("eve", **scopes))).status == 403


async def test_who_sees_the_address(secured: Client) -> None:
    """Owner and administrators see the address, in answers that no cache keeps."""
    place = await _create(secured)
    for headers, sees in [
        (bearer("ada"), True),
        (bearer("eve", **ADMIN), True),
        (bearer("bob"), False),
    ]:
        answer = await secured.get(place, headers)
        assert ("owner_email" in answer.json()) is sees
        assert answer.headers["cache-control"] == "private, no-store"
    created = await _send(secured, "POST", "/api/pets", bearer("ada"))
    assert created.json()["owner_email"] == "ada.secret@example.org"
    assert created.headers["cache-control"] == "private, no-store"


async def test_my_pets(secured: Client) -> None:
    """The caller's own pets, page by page, with the filters of every list."""
    mine = [await _create(secured, "ada") for _ in range(3)]
    await _create(secured, "bob")
    first = await secured.get("/api/me/pets?limit=2&species=CAT", bearer("ada"))
    link = "/api/me/pets" + first.headers["link"].split(">")[0].strip("<")
    second = await secured.get(link, bearer("ada"))
    found = [pet["id"] for page in (first, second) for pet in page.json()["data"]]
    assert [f"pets/{pet_id}" for pet_id in found] == mine[::-1]
    assert first.json()["data"][0]["owner_email"] == "ada.secret@example.org"
    assert first.headers["cache-control"] == "private, no-store"
    assert (await secured.get(link, bearer("bob"))).status == 400
    assert (await secured.get(link.replace("/me", ""))).status == 400


async def test_keys_belong_to_their_caller(secured: Client) -> None:
    """The same Idempotency-Key of another caller is another key."""
    key = {"Idempotency-Key": "k"}
    ada = await _send(secured, "POST", "/api/pets", bearer("ada") | key)
    bob = await _send(secured, "POST", "/api/pets", bearer("bob") | key)
    again = await _send(secured, "POST", "/api/pets", bearer("ada") | key)
    assert ada.json()["id"] != bob.json()["id"]
    assert again.json() == ada.json()
    assert "idempotency-replayed" not in bob.headers


def _unsigned(**header: Any) -> str:
    parts = [{"alg": "none", "typ": "JWT", **header}, claims()]
    texts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    ]
    return f"{texts[0]}.{texts[1]}."


_PUBLIC = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
_NOW = int(time.time())
_KEY_SET = {
    "JWT_JWKS_URL": "https://issuer.example/keys",
    "JWT_ISSUER": "https://issuer.example",
    "JWT_AUDIENCE": "pets",
}
_BAD = {
    "alg none": _unsigned(),
    "alg None": _unsigned(alg="None"),
    "alg as list": _unsigned(alg=["HS256"]),
    "another key": token(key="another secret of 64 bytes, so that it is long enough for HS512 too"),
    "another algorithm": token(algorithm="HS512"),
    "RS256": token(key=RSA_KEY, algorithm="RS256"),
    "expired": token(exp=_NOW - 31),
    "not yet valid": token(nbf=_NOW + 3600),
    "issued in the future": token(iat=_NOW + 3600),
    "no exp": token(exp=None),
    "exp as text": token(exp="soon"),
    "exp as list": jwt.encode(claims(), SECRET).rsplit(".", 1)[0] + ".x",
    "no user": token(user_id=None),
    "user as number": token(user_id=7),
    "user as list": token(user_id=["ada"]),
    "user empty": token(user_id=""),
    "user too long": token("x" * 201),
    "user an unpaired surrogate": token("\ud800"),
    "oid an unpaired surrogate": token(user_id=None, oid="a\udfff"),
    "sub an unpaired surrogate": token(user_id=None, sub="\udc00\ud800"),
    "sub as object": token(user_id=None, sub={"a": 1}),
    "huge": token(filler="x" * 20_000),
    "many dots": "." * 1000,
    "two parts": "a.b",
    "not JSON": "YQ.YQ.YQ",
    "deep JSON": base64.urlsafe_b64encode(b"[" * 3000).decode().rstrip("=") + ".YQ.YQ",
    "empty": "",
    "signature cut": token()[:-4],
    "claims of one, signature of another": ".".join(
        [*token("eve").split(".")[:2], token("ada").split(".")[2]]
    ),
}


@pytest.mark.parametrize("bad", _BAD.values(), ids=_BAD.keys())
async def test_bad_tokens(secured: Client, bad: str) -> None:
    """No forged, stale or broken token is taken; the answer says so and nothing more."""
    for method, target in (("POST", "/api/pets"), ("GET", "/api/me/pets")):
        answer = await _send(secured, method, target, {"Authorization": f"Bearer {bad}"})
        assert (answer.status, answer.json()["error"]) == (401, "Unauthorized")
        assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_')
        assert answer.headers["www-authenticate"].isascii()
    assert (await secured.get("/api/pets")).json()["data"] == []


@pytest.mark.parametrize(
    "header",
    [
        "Basic YTpi",
        "Bearer",
        "Bearer  ",
        f"Bearer {token()},Bearer {token()}",
        f"Bearer {token()} x",
        token(),
        f"Token {token()}",
    ],
    ids=lambda header: header[:12],
)
async def test_bad_headers(secured: Client, header: str) -> None:
    """What is not one bearer token is refused; so are two Authorization headers."""
    answer = await _send(secured, "POST", "/api/pets", {"Authorization": header})
    assert answer.status == 401
    assert 'error="invalid_request"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer ", " Bearer"])
async def test_the_scheme_in_any_case(secured: Client, scheme: str) -> None:
    """The scheme's name is read without regard to case."""
    headers = {"Authorization": f"{scheme} {token()}"}
    assert (await _send(secured, "POST", "/api/pets", headers)).status == 201


async def test_a_token_in_the_query_is_nothing(secured: Client) -> None:
    """A token in the URL, where logs would keep it, is not looked at."""
    assert (await _send(secured, "POST", f"/api/pets?access_token={token()}", {})).status == 401


@pytest.mark.parametrize(
    ("named", "user"),
    [
        ({"sub": "s", "oid": "o"}, "ada"),
        ({"user_id": None, "sub": "s", "oid": "o"}, "o"),
        ({"user_id": None, "sub": "s"}, "s"),
    ],
)
async def test_which_claim_names_the_user(
    secured: Client, named: dict[str, Any], user: str
) -> None:
    """user_id names the user, else oid, else sub."""
    await _send(secured, "POST", "/api/pets", bearer("ada", **named))
    assert len((await secured.get("/api/me/pets", bearer(user))).json()["data"]) == 1


async def test_leeway(secured: Client) -> None:
    """Clocks may differ by half a minute."""
    late = bearer("ada", exp=int(time.time()) - 20)
    assert (await _send(secured, "POST", "/api/pets", late)).status == 201


async def test_issuer_and_audience(secured: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they are set, tokens must name them."""
    monkeypatch.setenv("JWT_ISSUER", "https://issuer.example")
    monkeypatch.setenv("JWT_AUDIENCE", "pets")
    await wiring.close()
    good = {"iss": "https://issuer.example", "aud": ["other", "pets"]}
    assert (await _send(secured, "POST", "/api/pets", bearer("ada", **good))).status == 201
    cases: list[tuple[dict[str, Any], str]] = [
        ({**good, "iss": "https://issuer.example/"}, "The token is from another issuer."),
        ({**good, "aud": "other"}, "The token is for another audience."),
        ({"iss": good["iss"]}, "The token has no claim aud."),
        ({"aud": "pets"}, "The token has no claim iss."),
        ({**good, "aud": 7}, "The token is for another audience."),
    ]
    for named, detail in cases:
        answer = await _send(secured, "POST", "/api/pets", bearer("ada", **named))
        assert (answer.status, answer.json()["detail"]) == (401, detail)


@pytest.mark.parametrize(
    ("bad", "detail"),
    [
        (token(key="x" * 64), "The token's signature is wrong."),
        (token(exp=1), "The token has expired."),
        (token(exp=None), "The token has no claim exp."),
        (token(nbf=2_000_000_000_000), "The token is not valid yet."),
        (token(algorithm="HS512"), "The token is not signed with HS256."),
        ("YQ.YQ.YQ", "The token is invalid."),
    ],
    ids=lambda value: value if value.startswith("The") else "",
)
async def test_which_check_failed(secured: Client, bad: str, detail: str) -> None:
    """A 401 says which check refused the token, in the problem and in the challenge."""
    answer = await _send(secured, "POST", "/api/pets", {"Authorization": f"Bearer {bad}"})
    assert (answer.status, answer.json()["detail"]) == (401, detail)
    challenge = answer.headers["www-authenticate"]
    assert challenge == f'Bearer error="invalid_token", error_description="{detail}"'


_FOREIGN = [
    "Basic YTpi",
    "Negotiate YII",
    "Bearer",
    "Bearer x.y.z",
    f"Bearer {token(exp=_NOW - 3600)}",
    f"Bearer {token(key='x' * 64)}",
    f"Bearer {token()}, Bearer {token()}",
    token(),
    "",
]


@pytest.mark.parametrize("header", _FOREIGN, ids=lambda header: header[:12])
async def test_a_credential_never_hinders_a_public_read(secured: Client, header: str) -> None:
    """A foreign, stale or forged credential gets what everybody gets, of a list and of a pet."""
    place = await _create(secured)
    for method in ("GET", "HEAD"):
        for target in (place, "/api/pets", "/api/openapi.json", "/api/health"):
            given = await secured.request(method, target, headers={"Authorization": header})
            without = await secured.request(method, target)
            assert given.status == without.status == 200
            assert given.body == without.body
            assert given.headers.get("etag") == without.headers.get("etag")
            assert given.headers["cache-control"] == without.headers["cache-control"]


async def test_unreachable_keys_do_not_hinder_a_public_read(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While no keys can be fetched everybody sees what is public, with a token too."""
    place = (await client.post("/api/pets", PET)).headers["location"]
    for name, value in {**_KEY_SET, "JWT_JWKS_URL": f"http://127.0.0.1:{free_port()}/"}.items():
        monkeypatch.setenv(name, value)
    await wiring.close()
    signed = bearer(key=RSA_KEY, algorithm="RS256", headers={"kid": "r1"})
    for target in (place, "/api/pets"):
        assert (await client.get(target, signed)).status == 200


async def test_no_token_is_logged(secured: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Neither good nor bad tokens reach the log."""
    good, bad = token(), token(key="x" * 64)
    with caplog.at_level(logging.DEBUG):
        for each in (good, bad):
            await _send(secured, "POST", "/api/pets", {"Authorization": f"Bearer {each}"})
    assert good not in caplog.text
    assert bad not in caplog.text


async def test_every_operation_is_accounted_for(secured: Client) -> None:
    """Over all routes and methods: public, or 401 without a token and 403 for a stranger."""
    place = await _create(secured)
    pet_id = place.rpartition("/")[2]
    for operation in function_app.app.operations:
        for method in operation.methods:
            target = "/api/" + operation.route.replace("{pet_id}", pet_id).replace(
                "{asset}", "start.js"
            )
            body = {} if method == "QUERY" else PET
            anonymous = await _send(secured, method, target, {}, body)
            stranger = await _send(secured, method, target, bearer("bob"), body)
            if operation.name in {"replace_pet", "patch_pet", "delete_pet"}:
                assert (anonymous.status, stranger.status) == (401, 403), operation
            elif operation.route.endswith("/order"):
                # What each may do with an order: test_orders.
                assert anonymous.status == 401, operation
                assert stranger.status in {404, 422}, operation
            elif operation.name in {"create_pet", "list_my_orders", "list_my_pets"}:
                assert (anonymous.status, stranger.status in {200, 201}) == (401, True), operation
            else:
                assert method in {"GET", "HEAD", "QUERY"}, operation
                assert anonymous.status == stranger.status == 200, operation
                assert b"ada.secret@example.org" not in stranger.body


async def test_in_azure_nobody_writes_without_settings(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In Azure with no way to check tokens writes are 503, and readiness names what is missing."""
    monkeypatch.setenv("WEBSITE_SITE_NAME", "petstore")
    monkeypatch.setenv("COSMOS_ENDPOINT", "https://127.0.0.1:1/")
    monkeypatch.setenv("COSMOS_KEY", "a2V5")
    await wiring.close()
    answer = await _send(client, "POST", "/api/pets", bearer())
    assert (answer.status, answer.json()["error"]) == (503, "Service unavailable")
    ready = await client.get("/api/health/ready")
    assert (ready.status, "JWT_SECRET" in ready.json()["detail"]) == (503, True)
    assert "JWT_SECRET" in caplog.text


def test_a_key_set_needs_issuer_and_audience() -> None:
    """A key set alone would accept tokens of all its issuer's customers: both names are missed."""
    with pytest.raises(ConfigurationError) as caught:
        read_settings({"JWT_JWKS_URL": _KEY_SET["JWT_JWKS_URL"]})
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "JWT_ISSUER",
        "JWT_AUDIENCE",
    ]
    assert read_settings(_KEY_SET).jwt is not None
    assert read_settings({"JWT_SECRET": "x" * 32}).jwt is not None


async def test_unreachable_keys_are_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no keys can be fetched a token is neither good nor bad: 503, and when to try again."""
    for name, value in {**_KEY_SET, "JWT_JWKS_URL": f"http://127.0.0.1:{free_port()}/"}.items():
        monkeypatch.setenv(name, value)
    await wiring.close()
    forged = token(key=RSA_KEY, algorithm="RS256", headers={"kid": "r1"})
    answer = await _send(client, "POST", "/api/pets", {"Authorization": f"Bearer {forged}"})
    assert (answer.status, answer.json()["error"]) == (503, "Service unavailable")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"JWT_SECRET": "short"}, "JWT_SECRET"),
        ({"JWT_SECRET": "x" * 31}, "JWT_SECRET"),
        ({**_KEY_SET, "JWT_JWKS_URL": "http://issuer.example/keys"}, "JWT_JWKS_URL"),
        ({**_KEY_SET, "JWT_JWKS_URL": "file:///etc/passwd"}, "JWT_JWKS_URL"),
        ({**_KEY_SET, "JWT_SECRET": "x" * 32}, "both"),
        ({**_KEY_SET, "JWT_ISSUER": ""}, "JWT_ISSUER"),
        ({**_KEY_SET, "JWT_AUDIENCE": " "}, "JWT_AUDIENCE"),
    ],
)
def test_bad_settings(settings: dict[str, str], word: str) -> None:
    """A weak secret, an unsafe key set or two ways at once are refused at the start."""
    with pytest.raises(ConfigurationError, match=word):
        read_settings(settings)
