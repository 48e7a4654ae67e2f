"""Sends one row to the API, until it is answered or trying is useless."""

import asyncio
import json
import random
from contextlib import suppress
from urllib.parse import urlsplit

import aiohttp

from importer.answers import Answer, Verdict, judge, plain
from importer.errors import BrokenOff, Interrupted, Unreachable
from importer.totals import Totals

_FIRST_WAIT = 0.5  # seconds, doubled after every attempt
_LONGEST_WAIT = 30.0  # seconds, when the server does not say
_LONGEST_ASKED = 300.0  # seconds; for a longer wait the import ends, to be run again
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_BODY_LIMIT = 200_000  # bytes of an answer; a pet is far smaller


class Sender:
    """Posts pets.

    Args:
        session: sends the requests; its headers hold the token.
        url: where pets are posted.
        tries: the most attempts per row.
        totals: where trouble is noted.

    Attributes:
        stopping: once set, no request starts.
    """

    def __init__(
        self, session: aiohttp.ClientSession, url: str, tries: int, totals: Totals
    ) -> None:
        self.stopping = asyncio.Event()
        self._session = session
        self._url = url
        self._tries = tries
        self._totals = totals
        self._resume = 0.0
        self._is_answered = False

    async def send(self, content: object, key: str) -> Answer:
        """Send a row, repeatedly while that may help, and return the answer.

        Returns:
            An answer that says created, replayed or refused.

        Raises:
            BrokenOff: there was no such answer.
            Unreachable: no connection was ever made.
            Interrupted: ``stopping`` was set.
        """
        body = json.dumps(content).encode()
        for tried in range(1, self._tries + 1):
            await self._wait_for_all()
            answer = await self._try(body, key)
            if answer.verdict is Verdict.HOPELESS:
                raise self._explain(answer)
            if answer.verdict is not Verdict.RETRY:
                self._totals.trouble = ""
                return answer
            if tried < self._tries:
                await self._wait(answer, tried)
        raise BrokenOff(
            f"gave up on {self._url} after {self._tries} tries; the last: {answer.reason}"
        )

    def _explain(self, answer: Answer) -> BrokenOff:
        if answer.status is not None:
            return BrokenOff(f"{self._url} answered {answer.reason}")
        is_local = urlsplit(self._url).hostname in _LOCAL
        hint = "Is `make start` running?" if is_local else "Is the URL right?"
        return Unreachable(f"cannot reach {self._url}: {answer.reason}. {hint}")

    async def _try(self, body: bytes, key: str) -> Answer:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as response:
                self._is_answered = True
                return judge(response.status, response.headers, await _read_body(response))
        except (aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL) as error:
            return Answer(Verdict.HOPELESS, None, plain(str(error)))
        except aiohttp.ClientConnectorError as error:
            # A server that answered before may come back. One that never did is not running, or the
            # URL is wrong.
            verdict = Verdict.RETRY if self._is_answered else Verdict.HOPELESS
            return Answer(verdict, None, plain(str(error)))
        except TimeoutError:
            return Answer(Verdict.RETRY, None, "no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(Verdict.RETRY, None, plain(str(error) or type(error).__name__))

    async def _wait(self, answer: Answer, tried: int) -> None:
        asked = answer.wait or 0.0
        if asked > _LONGEST_ASKED:
            raise BrokenOff(f"{self._url} asks to wait {asked:.0f} s; {answer.reason}")
        seconds = max(asked, _choose_wait(tried))
        if answer.for_all:
            now = asyncio.get_running_loop().time()
            self._resume = max(self._resume, now + seconds)
            seconds = self._resume - now
        self._totals.trouble = f"waiting {seconds:.1f} s: {answer.reason}"
        if not answer.for_all:
            await self._sleep(seconds)

    async def _wait_for_all(self) -> None:
        now = asyncio.get_running_loop().time
        while (left := self._resume - now()) > 0 and not self.stopping.is_set():
            await self._sleep(left)
        if self.stopping.is_set():
            raise Interrupted

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


def _choose_wait(tried: int) -> float:
    longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (tried - 1))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads requests; not for security


async def _read_body(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > _BODY_LIMIT:
            break
    return bytes(content)
