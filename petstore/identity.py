"""Who is calling: from a bearer token (RFC 6750, RFC 7519) to a caller.

Nothing about a caller is kept between requests: all that is known stands in the token. PyJWT
is imported when the first token arrives. The algorithm is ours to choose, never the token's.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from petstore.errors import Unauthorized
from petstore.key_set import KeySet
from petstore.limits import USER_LENGTH
from petstore.setting_values import is_text
from petstore.settings import JwtSettings

if TYPE_CHECKING:
    import jwt

_log = logging.getLogger("petstore")
ADMIN_SCOPE = "pets.admin"
_LEEWAY = 30  # seconds that clocks may differ
_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)", re.IGNORECASE)
_TOKEN_LIMIT = 8_000  # characters
_INVALID = "The token is invalid."


@dataclass(frozen=True)
class Caller:
    """Who is calling.

    Attributes:
        user_id: the user; None where no tokens are required.
        is_admin: whether every pet may be changed.
    """

    user_id: str | None
    is_admin: bool = False

    def may_change(self, owner_id: str | None) -> bool:
        """Return whether a pet of this owner may be changed and seen with its owner's address."""
        return self.is_admin or (self.user_id is not None and self.user_id == owner_id)


# On a machine without JWT settings everybody may do everything.
ANYBODY = Caller(user_id=None, is_admin=True)


class Keys(Protocol):
    """What tokens are checked with."""

    @property
    def algorithms(self) -> Sequence[str]:
        """The algorithms that are accepted (RFC 7518, 3.1)."""

    async def find(self, header: Mapping[str, Any]) -> "Sequence[str | jwt.PyJWK]":
        """Return the keys that may have signed a token with this header; at least one.

        Raises:
            Unauthorized: there is none.
            KeysUnavailable: whether there is one cannot be said now.
        """


class Secret:
    """A secret that is shared with the issuer (HS256)."""

    algorithms = ("HS256",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def find(self, _: Mapping[str, Any]) -> list[str]:
        """Return the secret."""
        return [self._secret]


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
        """Return the caller that an Authorization header names.

        Raises:
            Unauthorized: no token, or an invalid one.
            KeysUnavailable: the key set is unavailable.
        """
        token = _token(authorization)
        keys = await self._keys.find(_header(token, self._keys.algorithms))
        return _caller(self._decode(token, keys))

    def _decode(self, token: str, keys: "Sequence[str | jwt.PyJWK]") -> dict[str, Any]:
        """Return the claims of a token that one of the keys signed."""
        import jwt

        for key in keys:
            try:
                return self._verify(token, key)
            except jwt.InvalidSignatureError:
                continue
            except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
                _log.info("token refused: %s", type(error).__name__)
                raise Unauthorized(_reason(error)) from None
        _log.info("token refused: its signature is wrong")
        raise Unauthorized("The token's signature is wrong.")

    def _verify(self, token: str, key: "str | jwt.PyJWK") -> dict[str, Any]:
        import jwt

        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=self._keys.algorithms,
            issuer=self._settings.issuer,
            audience=self._settings.audience,
            leeway=_LEEWAY,
            options={
                "require": ["exp"],
                "verify_aud": self._settings.audience is not None,
                "enforce_minimum_key_length": True,
            },
        )
        return claims


def _token(authorization: str | None) -> str:
    if authorization is None:
        raise Unauthorized("A token is needed.", code=None)
    if len(authorization) > _TOKEN_LIMIT:
        raise Unauthorized("The token is too long.")
    found = _BEARER.fullmatch(authorization.strip())
    if found is None:
        raise Unauthorized("The Authorization header is not one bearer token.", "invalid_request")
    return found[1]


def _header(token: str, algorithms: Sequence[str]) -> Mapping[str, Any]:
    """Return a token's header, whose algorithm is one of ours; nothing in it is verified yet."""
    import jwt

    try:
        header: Mapping[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthorized(_INVALID) from None
    if header.get("alg") not in algorithms:
        raise Unauthorized(f"The token is not signed with {' or '.join(algorithms)}.")
    return header


def _reason(error: Exception) -> str:
    """Return which check failed; no value of ours or of the token, only what its caller can see."""
    import jwt

    match error:
        case jwt.ExpiredSignatureError():
            return "The token has expired."
        case jwt.ImmatureSignatureError():
            return "The token is not valid yet."
        case jwt.InvalidIssuerError():
            return "The token is from another issuer."
        case jwt.InvalidAudienceError():
            return "The token is for another audience."
        case jwt.MissingRequiredClaimError():
            return f"The token has no claim {error.claim}."
    return _INVALID


def _caller(claims: Mapping[str, Any]) -> Caller:
    # oid is Microsoft Entra's: its sub differs from app to app.
    # JSON can write an unpaired surrogate, which no store can keep.
    user_id = next((claims[name] for name in ("user_id", "oid", "sub") if name in claims), None)
    if not (isinstance(user_id, str) and 0 < len(user_id) <= USER_LENGTH and is_text(user_id)):
        raise Unauthorized("The token names no user.")
    return Caller(user_id, is_admin=ADMIN_SCOPE in _scopes(claims))


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    texts = [claims.get(name) for name in ("scp", "scope")]
    scopes = {scope for text in texts if isinstance(text, str) for scope in text.split()}
    roles = claims.get("roles")
    if isinstance(roles, list):
        scopes |= {role for role in roles if isinstance(role, str)}
    return scopes
