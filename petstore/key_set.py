"""An issuer's public keys (RFC 7517), fetched over HTTPS and kept.

aiohttp and PyJWT are imported when the first token arrives.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Any

from petstore.errors import KeysUnavailable, Unauthorized

if TYPE_CHECKING:
    import jwt

_log = logging.getLogger("petstore")
_KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
_RSA_BITS = 2048  # RFC 7518, 3.3
_CURVE = "P-256"  # RFC 7518, 3.4
_KEEP = 3600.0  # seconds after which the keys are fetched again
_REFRESH = 60.0  # seconds at least between two fetches
_RETRY = 5  # seconds between two fetches after one that failed
_DEADLINE = 3.0  # seconds that a fetch may take in all, from the name's lookup to the last byte
_LIMIT = 1_000_000  # bytes


class KeySet:
    """The keys at a URL. Each fetch has one deadline, and the keys of before serve meanwhile.

    Args:
        url: where the keys are; redirects are not followed.
    """

    algorithms = tuple(_KEY_TYPES)

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: list[jwt.PyJWK] = []
        self._fetched = self._asked = float("-inf")
        self._failed = False
        self._fetch: asyncio.Task[None] | None = None

    async def find(self, header: Mapping[str, Any]) -> "list[jwt.PyJWK]":
        """Return the keys that may have signed a token with this header; at least one.

        Raises:
            Unauthorized: no key fits the token.
            KeysUnavailable: no key fits, and the newest keys could not be fetched.
        """
        keys = _fitting(self._keys, header)
        if not keys or monotonic() - self._fetched > _KEEP:
            fetch = self._start_fetch()
            if fetch and not keys:
                await asyncio.shield(fetch)  # other callers wait for the same fetch
                keys = _fitting(self._keys, header)
        if keys:
            return keys
        if self._failed:
            raise KeysUnavailable("the key set is unavailable", _RETRY)
        raise Unauthorized("No key of the issuer fits the token.")

    def _start_fetch(self) -> "asyncio.Task[None] | None":
        """Return the fetch that is running, or start one if one is due."""
        if self._fetch is None and monotonic() - self._asked > (
            _RETRY if self._failed else _REFRESH
        ):
            self._asked = monotonic()
            self._fetch = asyncio.create_task(self._replace_keys())
        return self._fetch

    async def _replace_keys(self) -> None:
        import aiohttp

        try:
            self._keys = _read_keys(await _download(self._url))
            self._fetched, self._failed = monotonic(), False
        except (aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
            self._failed = True
            _log.error("the key set is unavailable: %s: %s", type(error).__name__, error)
        finally:
            self._fetch = None


async def _download(url: str) -> bytes:
    import aiohttp

    async with (
        aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_DEADLINE), trust_env=True
        ) as session,
        session.get(url, allow_redirects=False) as answer,
    ):
        if answer.status != HTTPStatus.OK:
            raise ValueError(f"the issuer answers {answer.status}")
        content = bytearray()
        async for chunk in answer.content.iter_any():
            content += chunk
            if len(content) > _LIMIT:
                raise ValueError(f"the key set has more than {_LIMIT:,} bytes")
        return bytes(content)


def _read_keys(content: bytes) -> "list[jwt.PyJWK]":
    """Return the keys of a set that can verify our algorithms; ValueError when there are none."""
    document = json.loads(content)
    found = document.get("keys") if isinstance(document, dict) else None
    keys = [key for each in found if (key := _read_key(each))] if isinstance(found, list) else []
    if not keys:
        raise ValueError("the key set holds no key for RS256 or ES256")
    return keys


def _read_key(data: object) -> "jwt.PyJWK | None":
    """Return one key; None for one that is for other uses, private, weak or malformed."""
    import jwt

    if not isinstance(data, dict) or not isinstance(data.get("kid"), str | None):
        return None
    algorithm = next((name for name, kty in _KEY_TYPES.items() if data.get("kty") == kty), None)
    if algorithm is None or not _may_verify(data, algorithm):
        return None
    try:
        key = jwt.PyJWK(data, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError):
        return None
    weak = algorithm == "RS256" and key.key.key_size < _RSA_BITS
    return None if weak else key


def _may_verify(data: Mapping[str, Any], algorithm: str) -> bool:
    """Return whether a key is a public one for this algorithm's signatures (RFC 7517, 4)."""
    operations = data.get("key_ops")
    return (
        data.get("alg") in (None, algorithm)
        and data.get("use") in (None, "sig")
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
        and (algorithm != "ES256" or data.get("crv") == _CURVE)
        and "d" not in data
    )


def _fitting(keys: "list[jwt.PyJWK]", header: Mapping[str, Any]) -> "list[jwt.PyJWK]":
    """Return the keys of a token's kind and name; without a name, the one key of its kind."""
    kid = header.get("kid")
    kind = [key for key in keys if key.algorithm_name == header.get("alg")]
    if kid is None:
        return kind if len(kind) == 1 else []
    return [key for key in kind if key.key_id == kid]
