"""Who is calling: from a bearer token (RFC 6750, RFC 7519) to a caller.

Nothing is kept of a caller between requests: all that is known of one stands in the token. PyJWT
is imported when the first token comes. The algorithm is ours to choose, never the token's.
"""

import asyncio
import json
import logging
import re
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from petstore.errors import StoreUnavailable, Unauthorized
from petstore.settings import JwtSettings

if TYPE_CHECKING:
    import jwt

_log = logging.getLogger("petstore")
ADMIN_SCOPE = "pets.admin"
_LEEWAY = 30  # seconds that clocks may differ
_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)", re.IGNORECASE)
_TOKEN_LIMIT = 8_000  # characters
_NAME_LIMIT = 200  # characters
_REFRESH = 60.0  # seconds between two looks at the key set, at the least
_KEEP = 3600.0  # seconds after which keys are looked at again
_RETRY = 5  # seconds between two looks while there are no keys at all
_FETCH_TIMEOUT = 3.0  # seconds
_KEY_SET_LIMIT = 1_000_000  # bytes


@dataclass(frozen=True)
class Caller:
    """Who is calling.

    Attributes:
        user_id: the user; None where no tokens are asked for.
        is_admin: whether every pet may be changed.
    """

    user_id: str | None
    is_admin: bool = False

    def may_change(self, owner_id: str | None) -> bool:
        """Tell whether a pet of this owner may be changed and seen whole."""
        return self.is_admin or (self.user_id is not None and self.user_id == owner_id)


# On a machine without JWT settings everybody may do everything.
ANYBODY = Caller(user_id=None, is_admin=True)


class Keys(Protocol):
    """What tokens are checked with."""

    algorithms: list[str]

    async def find(self, token: str) -> "str | jwt.PyJWK":
        """Give the key for a token; Unauthorized when there is none."""


class Identity:
    """Checks tokens.

    Args:
        settings: the secret or the key set, and what the tokens must name.
    """

    def __init__(self, settings: JwtSettings) -> None:
        self._settings = settings
        self._keys: Keys = (
            Secret(settings.secret) if settings.secret else KeySet(settings.jwks_url or "")
        )

    async def caller(self, authorization: str | None) -> Caller:
        """Give the caller that an Authorization header names.

        Raises:
            Unauthorized: no token, or one that is not good.
            StoreUnavailable: the key set cannot be had.
        """
        token = _token(authorization)
        key = await self._keys.find(token)
        return _caller(self._decoded(token, key))

    def _decoded(self, token: str, key: "str | jwt.PyJWK") -> dict[str, Any]:
        import jwt  # noqa: PLC0415 - see above

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=self._keys.algorithms,
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=_LEEWAY,
                options={"require": ["exp"], "verify_aud": self._settings.audience is not None},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthorized("The token has expired.") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            _log.info("token refused: %s", type(error).__name__)
            raise Unauthorized("The token is not good.") from None
        return claims


class Secret:
    """A secret that we share with the issuer (HS256)."""

    def __init__(self, secret: str) -> None:
        self.algorithms = ["HS256"]
        self._secret = secret

    async def find(self, _: str) -> str:
        """Give the secret."""
        return self._secret


class KeySet:
    """The issuer's public keys (RFC 7517), kept, and looked at again once a minute at the most."""

    def __init__(self, url: str) -> None:
        self.algorithms = ["RS256", "ES256"]
        self._url = url
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, token: str) -> "jwt.PyJWK":
        """Give the key that the token names; Unauthorized, StoreUnavailable."""
        kid = _key_id(token)
        stale = monotonic() - self._fetched > _KEEP
        if kid not in self._keys or stale:
            async with self._lock:
                await self._refresh(kid)
        if not self._keys:
            raise StoreUnavailable("the key set cannot be had", _RETRY)
        if kid not in self._keys:
            raise Unauthorized("The token names a key that is not known.")
        return self._keys[kid]

    async def _refresh(self, kid: str | None) -> None:
        age = monotonic() - self._fetched
        if age < _REFRESH or (kid in self._keys and age < _KEEP):
            return
        # Set before, so that a key set that cannot be had is not asked for at every request.
        self._fetched = monotonic()
        try:
            self._keys = await asyncio.to_thread(_fetch, self._url)
        except (OSError, ValueError) as error:
            # The keys that are there go on working.
            _log.error("the key set cannot be had: %s", error)
            if not self._keys:
                self._fetched -= _REFRESH - _RETRY


def _fetch(url: str) -> "dict[str | None, jwt.PyJWK]":
    import urllib.request  # noqa: PLC0415 - only a key set needs it

    import jwt  # noqa: PLC0415 - see above

    with urllib.request.urlopen(url, timeout=_FETCH_TIMEOUT) as answer:  # noqa: S310 - settings check it
        content = answer.read(_KEY_SET_LIMIT)
    try:
        keys = jwt.PyJWKSet.from_dict(json.loads(content)).keys
    except (jwt.PyJWTError, AttributeError, TypeError) as error:
        raise ValueError(f"no key set: {error}") from None
    return {key.key_id: key for key in keys if key.key_type in {"RSA", "EC"}}


def _token(authorization: str | None) -> str:
    if authorization is None:
        raise Unauthorized("A token is needed.", code=None)
    if len(authorization) > _TOKEN_LIMIT:
        raise Unauthorized("The token is too long.")
    found = _BEARER.fullmatch(authorization.strip())
    if found is None:
        raise Unauthorized("The Authorization header is not one bearer token.", "invalid_request")
    return found[1]


def _key_id(token: str) -> str | None:
    import jwt  # noqa: PLC0415 - see above

    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthorized("The token is not good.") from None
    return kid if isinstance(kid, str) else None


def _caller(claims: dict[str, Any]) -> Caller:
    # oid is Microsoft Entra's: its sub differs from app to app.
    user_id = next((claims[name] for name in ("user_id", "oid", "sub") if name in claims), None)
    if not (isinstance(user_id, str) and 0 < len(user_id) <= _NAME_LIMIT):
        raise Unauthorized("The token names no user.")
    return Caller(user_id, is_admin=ADMIN_SCOPE in _scopes(claims))


def _scopes(claims: dict[str, Any]) -> set[str]:
    texts = [claims.get(name) for name in ("scp", "scope")]
    scopes = {scope for text in texts if isinstance(text, str) for scope in text.split()}
    roles = claims.get("roles")
    if isinstance(roles, list):
        scopes |= {role for role in roles if isinstance(role, str)}
    return scopes
