"""Keys and tokens for tests."""

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

SECRET = "a secret of the tests, which has 64 bytes and so is long enough for all"  # noqa: S105
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


# How long a token is good, in seconds: some are made when tests are collected, long before they run.
_LIFE = 2 * 60 * 60


def claims(user: str = "ada", **more: Any) -> dict[str, Any]:
    """Return the claims of a good token; a claim that is None is left out."""
    all_claims = {"user_id": user, "exp": int(time.time()) + _LIFE, **more}
    return {name: value for name, value in all_claims.items() if value is not None}


def token(user: str = "ada", key: Any = SECRET, algorithm: str = "HS256", **more: Any) -> str:
    """Create a token; ``headers`` may be among the rest."""
    headers = more.pop("headers", None)
    return jwt.encode(claims(user, **more), key, algorithm=algorithm, headers=headers)


def bearer(user: str = "ada", **more: Any) -> dict[str, str]:
    """Return the header with a good token."""
    return {"Authorization": f"Bearer {token(user, **more)}"}


def key_set() -> dict[str, Any]:
    """Return the public keys, as an issuer publishes them."""
    rsa_key = jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)
    ec_key = jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)
    return {"keys": [{**rsa_key, "kid": "r1"}, {**ec_key, "kid": "e1"}]}
