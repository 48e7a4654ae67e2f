"""The queues of a storage account, by its REST interface."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import aiohttp

from devhost.queues.connection_strings import Account
from devhost.queues.service import Gone, QueueError, QueueMessage, Unreachable
from devhost.queues.shared_key import authorization

_log = logging.getLogger("devhost")
_VERSION = "2021-12-02"  # of the REST interface
_TIMEOUT = 5.0  # seconds for a whole request
_KEEP_ALIVE = 4.0  # seconds; Azurite closes an idle connection after 5
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Return the service's name for what is wrong."""
        return self.headers.get("x-ms-error-code", "")


class StorageQueues:
    """A ``QueueService`` of a storage account.

    It logs a warning when the account cannot be reached, and another when it can again.

    Args:
        account: the account.
        timeout: seconds for a whole request.
    """

    def __init__(self, account: Account, timeout: float = _TIMEOUT) -> None:
        self._account = account
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None
        self._is_away = False

    async def put(self, queue: str, text: str) -> None:
        """See ``QueueService``."""
        body = _xml(text)
        answer = await self._ask("POST", f"{queue}/messages", body=body)
        if answer.code == "QueueNotFound":
            # 204 and 409 say that somebody else created it meanwhile.
            await self._ask("PUT", queue)
            answer = await self._ask("POST", f"{queue}/messages", body=body)
        _check(answer, HTTPStatus.CREATED)

    async def receive(self, queue: str, count: int, hidden: float) -> Sequence[QueueMessage]:
        """See ``QueueService``."""
        query = {"numofmessages": str(count), "visibilitytimeout": f"{hidden:.0f}"}
        answer = await self._ask("GET", f"{queue}/messages", query)
        if answer.code in {"QueueNotFound", "QueueBeingDeleted", "QueueDisabled"}:
            return []
        _check(answer, HTTPStatus.OK)
        try:
            found = ET.fromstring(answer.body)  # noqa: S314 - the user's own storage account
            return [_message(one) for one in found.iter("QueueMessage")]
        except (ET.ParseError, ValueError) as error:
            raise QueueError(f"the answer cannot be read: {error}") from None

    async def hide(self, queue: str, message: QueueMessage, seconds: float) -> QueueMessage:
        """See ``QueueService``."""
        query = {"popreceipt": message.pop_receipt, "visibilitytimeout": f"{seconds:.0f}"}
        answer = await self._ask("PUT", f"{queue}/messages/{message.message_id}", query)
        _check(answer, HTTPStatus.NO_CONTENT)
        try:
            receipt = answer.headers["x-ms-popreceipt"]
            moment = parsedate_to_datetime(answer.headers["x-ms-time-next-visible"])
        except (KeyError, ValueError) as error:
            raise QueueError(f"the answer cannot be read: {error}") from None
        return replace(message, pop_receipt=receipt, next_visible=moment)

    async def delete(self, queue: str, message: QueueMessage) -> None:
        """See ``QueueService``."""
        query = {"popreceipt": message.pop_receipt}
        answer = await self._ask("DELETE", f"{queue}/messages/{message.message_id}", query)
        _check(answer, HTTPStatus.NO_CONTENT)

    async def close(self) -> None:
        """See ``QueueService``."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: bytes = b""
    ) -> _Answer:
        """Send a request; return the answer, a refusal too.

        Raises:
            Unreachable: there is no answer, or the account refuses our requests.
        """
        try:
            answer = await self._send_signed(
                method, f"{self._account.endpoint}/{path}", query or {}, body
            )
        except (aiohttp.ClientError, OSError) as error:
            raise self._away(str(error) or type(error).__name__) from None
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise self._away(f"it answers {answer.status} {answer.code}")
        if self._is_away:
            self._is_away = False
            _log.warning("The queues at %s can be reached again.", self._account.endpoint)
        return answer

    async def _send_signed(
        self, method: str, url: str, query: Mapping[str, str], body: bytes
    ) -> _Answer:
        headers = self._headers(method, url, query, body)
        pairs = [*query.items(), *self._account.signature]
        # A pop receipt may hold +, / and =.
        target = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
        async with self._open_session().request(
            method,
            f"{url}?{target}" if target else url,
            data=body or None,
            headers=headers,
            skip_auto_headers=["Content-Type"],
            allow_redirects=False,
        ) as response:
            return _Answer(response.status, response.headers, await response.read())

    def _headers(
        self, method: str, url: str, query: Mapping[str, str], body: bytes
    ) -> dict[str, str]:
        headers = {
            "x-ms-date": format_datetime(datetime.now(UTC), usegmt=True),
            "x-ms-version": _VERSION,
        }
        if body:
            headers |= {"Content-Type": "application/xml", "Content-Length": str(len(body))}
        if self._account.key is not None:
            headers["Authorization"] = authorization(self._account, method, url, query, headers)
        return headers

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            # A proxy of the environment is not for the storage: trust_env stays off.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(keepalive_timeout=_KEEP_ALIVE),
                timeout=self._timeout,
                trust_env=False,
            )
        return self._session

    def _away(self, reason: str) -> Unreachable:
        if not self._is_away:
            self._is_away = True
            _log.warning(
                "The queues at %s cannot be reached: %s. Retrying.",
                self._account.endpoint,
                reason,
            )
        return Unreachable(f"the queues at {self._account.endpoint} cannot be reached: {reason}")


def _check(answer: _Answer, wanted: HTTPStatus) -> None:
    if answer.status == wanted:
        return
    reason = f"the storage answers {answer.status} {answer.code}"
    if answer.status == HTTPStatus.NOT_FOUND or answer.code == "PopReceiptMismatch":
        raise Gone(reason)
    raise QueueError(reason)


def _xml(text: str) -> bytes:
    if found := _NOT_IN_XML.search(text):
        raise QueueError(f"a message may not hold the character {found[0]!r}")
    # Readers of XML take a bare carriage return for a line feed.
    content = escape(text, {"\r": "&#13;"})
    return f"<QueueMessage><MessageText>{content}</MessageText></QueueMessage>".encode()


def _message(element: ET.Element) -> QueueMessage:
    def text(name: str) -> str:
        return element.findtext(name, "")

    return QueueMessage(
        message_id=text("MessageId"),
        text=text("MessageText"),
        dequeue_count=int(text("DequeueCount")),
        inserted=parsedate_to_datetime(text("InsertionTime")),
        expires=parsedate_to_datetime(text("ExpirationTime")),
        next_visible=parsedate_to_datetime(text("TimeNextVisible")),
        pop_receipt=text("PopReceipt"),
    )
