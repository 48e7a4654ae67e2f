"""A real SMTP server (aiosmtpd) on a free port of 127.0.0.1, with a mailbox to look into."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.ports import free_port

USER, PASSWORD = "ada@example.com", "p@ss/w:rd"


@dataclass
class Mailbox:
    """What the server took, and how it behaves.

    Attributes:
        envelopes: what came, in order.
        encrypted: for each, whether it came over TLS.
        users: for each, who was logged in.
        answer: what the server says to a mail; 250 takes it.
        refused: what it says to a recipient; empty to accept anybody.
        before_answer: called when a mail has come and before it is answered.
    """

    envelopes: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[bytes | None] = field(default_factory=list)
    answer: str = "250 taken"
    refused: str = ""
    before_answer: Callable[[], None] = lambda: None

    @property
    def mails(self) -> list[EmailMessage]:
        """Return the mails that came."""
        return [
            message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
            for envelope in self.envelopes
        ]

    @property
    def recipients(self) -> list[str]:
        """Return to whom mails came, from the envelopes."""
        return [address for envelope in self.envelopes for address in envelope.rcpt_tos]

    def wait_for(self, count: int, seconds: float = 20) -> None:
        """Wait until that many mails have come; AssertionError when they do not."""
        end = time.monotonic() + seconds
        while len(self.envelopes) < count:
            if time.monotonic() > end:
                raise AssertionError(f"{len(self.envelopes)} of {count} mails came")
            time.sleep(0.02)


@dataclass(frozen=True)
class _Taking:
    """What aiosmtpd calls. It looks at every attribute at every connection: there is but one."""

    mailbox: Mailbox

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if self.mailbox.refused:
            return self.mailbox.refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mailbox = self.mailbox
        mailbox.before_answer()
        if mailbox.answer.startswith("250"):
            mailbox.envelopes.append(envelope)
            mailbox.encrypted.append(session.ssl is not None)
            mailbox.users.append(session.auth_data and session.auth_data.login)
        return mailbox.answer


@dataclass(frozen=True)
class MailServer:
    """A running server."""

    port: int
    mailbox: Mailbox

    @property
    def url(self) -> str:
        """Return its address, as SMTP_URL has it."""
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mail_server(
    port: int = 0, tls: ssl.SSLContext | None = None, *, starttls: bool = False, login: bool = False
) -> Iterator[MailServer]:
    """Run a server.

    Args:
        port: where; 0 for any free port.
        tls: its certificate.
        starttls: whether TLS begins with STARTTLS; else, with a certificate, at once.
        login: whether it asks for USER and PASSWORD.
    """
    mailbox = Mailbox()
    options: dict[str, Any] = {
        "hostname": "127.0.0.1",
        "port": port or free_port(),
        "server_hostname": "mail.example",  # else it asks the DNS at every connection
        "auth_required": login,
        "auth_require_tls": tls is not None and starttls,
        "authenticator": _authenticated,
    }
    if tls is not None:
        options["tls_context" if starttls else "ssl_context"] = tls
    controller = Controller(_Taking(mailbox), **options)
    controller.start()
    try:
        yield MailServer(options["port"], mailbox)
    finally:
        controller.stop()


def _authenticated(_: object, __: object, ___: object, ____: str, data: Any) -> AuthResult:
    success = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=success, handled=False, auth_data=data if success else None)
