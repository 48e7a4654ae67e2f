"""Tokens for the app's managed identity, from the endpoint that Azure gives to each app.

``azure.identity`` can do this too; importing it adds 70 to 90 ms to a cold start (``make bench``),
and of all that it brings an app in Azure needs one GET. A laptop still uses it, for ``az login``.

Source: https://learn.microsoft.com/azure/app-service/overview-managed-identity ("REST endpoint
reference").
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.exceptions import ClientAuthenticationError

_API_VERSION = "2019-08-01"
_PATIENCE = 3.0  # seconds for one question to the endpoint
_PAUSES = (0.1, 0.4)  # seconds before the second and the third question
_SPARE = 300  # seconds; a token that ends sooner is renewed first
_LONG = 2 * 60 * 60  # seconds; a token that lasts longer is renewed at half of its life
_RETRY_RENEWAL = 30  # seconds between attempts to renew a token that is still valid
_MAX_BYTES = 65_536
# The endpoint asks to be asked again after these.
_PASSING = {404, 408, 410, 429, 500, 502, 503, 504}


class ManagedIdentityCredential:
    """An asynchronous credential (``AsyncTokenCredential``) for the SDK's clients.

    Tokens are kept until shortly before they end and renewed at half of a long life; of any number
    of callers at once one asks the endpoint. While a renewal fails the old token is used as long as
    it is valid.

    Args:
        environ: where ``IDENTITY_ENDPOINT`` and ``IDENTITY_HEADER`` are.
        client_id: which user-assigned identity; None for the system-assigned one.
        clock: returns the time in seconds since 1970.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        client_id: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = environ.get("IDENTITY_ENDPOINT", "")
        self._header = environ.get("IDENTITY_HEADER", "")
        self._client_id = client_id
        self._clock = clock
        self._tokens: dict[str, AccessTokenInfo] = {}
        self._asking = asyncio.Lock()

    async def get_token(self, *scopes: str, **_: object) -> AccessToken:
        """Return a valid token for one scope.

        Raises:
            ClientAuthenticationError: the app has no such identity, or the endpoint fails.
        """
        token = await self.get_token_info(*scopes)
        return AccessToken(token.token, token.expires_on)

    async def get_token_info(self, *scopes: str, options: object = None) -> AccessTokenInfo:
        """Return a token and when to renew it; raises as ``get_token`` does."""
        del options  # claims and tenants mean nothing to a managed identity
        if len(scopes) != 1:
            raise ValueError("a managed identity takes exactly one scope")
        resource = scopes[0].removesuffix("/.default")
        if not self._is_fresh(resource):
            async with self._asking:
                if not self._is_fresh(resource):
                    self._tokens[resource] = await self._renew(resource)
        return self._tokens[resource]

    async def close(self) -> None:
        """Do nothing: no connection is kept between two questions."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self.close()

    def _is_fresh(self, resource: str) -> bool:
        kept = self._tokens.get(resource)
        # Without a time of its own a token is renewed when little of its life is left.
        return kept is not None and self._clock() < (kept.refresh_on or kept.expires_on - _SPARE)

    async def _renew(self, resource: str) -> AccessTokenInfo:
        try:
            return await self._ask_patiently(resource)
        except ClientAuthenticationError:
            kept, now = self._tokens.get(resource), int(self._clock())
            if kept is None or kept.expires_on <= now:
                raise
            return AccessTokenInfo(kept.token, kept.expires_on, refresh_on=now + _RETRY_RENEWAL)

    async def _ask_patiently(self, resource: str) -> AccessTokenInfo:
        if not (self._endpoint and self._header):
            raise ClientAuthenticationError(
                "this app has no managed identity: IDENTITY_ENDPOINT or IDENTITY_HEADER is not set"
            )
        for pause in _PAUSES:
            try:
                return await self._ask(resource)
            except _PassingError:
                await asyncio.sleep(pause)
        return await self._ask(resource)

    async def _ask(self, resource: str) -> AccessTokenInfo:
        import aiohttp  # the SDK's transport has loaded it by then

        query = {"api-version": _API_VERSION, "resource": resource}
        if self._client_id is not None:
            query["client_id"] = self._client_id
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                aiohttp.ClientSession() as session,
                session.get(
                    self._endpoint,
                    params=query,
                    headers={"X-IDENTITY-HEADER": self._header},
                    allow_redirects=False,
                ) as response,
            ):
                content = await response.content.read(_MAX_BYTES)
                return _read_token(response.status, content, int(self._clock()))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise _PassingError(f"the identity endpoint does not answer: {reason}") from error


class _PassingError(ClientAuthenticationError):
    """The endpoint failed in a way that may be over a moment later."""


def _read_token(status: int, body: bytes, now: int) -> AccessTokenInfo:
    if status != HTTPStatus.OK:
        text = " ".join(body.decode(errors="replace").split())[:200]
        kind = _PassingError if status in _PASSING else ClientAuthenticationError
        raise kind(f"the identity endpoint answered {status}: {text}")
    try:
        answer: dict[str, Any] = json.loads(body)
        token: str = answer["access_token"]
        expires_on = int(answer.get("expires_on") or now + int(answer["expires_in"]))
        token.encode("ascii")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        reason = f"the identity endpoint's answer is not a token: {type(error).__name__}: {error}"
        raise ClientAuthenticationError(reason) from None
    left = expires_on - now
    return AccessTokenInfo(token, expires_on, refresh_on=now + left // 2 if left >= _LONG else None)
