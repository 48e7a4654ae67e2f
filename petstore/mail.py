"""The way to the mail server (SMTP, RFC 5321)."""

import asyncio
import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage

from petstore.mail_settings import MailSettings

_TIMEOUT = 10  # seconds, for each answer of the server
# Permanent by their number, but about the login (RFC 4954, 6): somebody may correct the setting.
_ABOUT_LOGIN = frozenset({530, 534, 535, 538})
_REASON_LENGTH = 300


class MailRefused(smtplib.SMTPResponseException):
    """The server never takes this mail: it answered 5yz to the sender, recipient or text."""


class Mailer:
    """Sends mails by SMTP (RFC 5321).

    Args:
        settings: which server, how to log in, and from whom.

    Attributes:
        sender: who sends.
    """

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self.sender = settings.sender

    async def send(self, message: EmailMessage) -> None:
        """Hand a mail over; when this returns the server has taken it.

        Raises:
            MailRefused: the server refuses this mail, and trying again does not help.
            OSError: anything else, which may pass: the server is unreachable, does not answer
                within 10 seconds, refuses the login or says to come later.
        """
        await asyncio.to_thread(self._send, message)

    def _send(self, message: EmailMessage) -> None:
        connection, recipient = self._connected(), str(message["To"])
        try:
            connection.send_message(message, self.sender.address, [recipient])
        except (
            smtplib.SMTPRecipientsRefused,
            smtplib.SMTPSenderRefused,
            smtplib.SMTPDataError,
        ) as error:
            raise _refusal(recipient, error) from None
        finally:
            # What goes wrong after the server took the mail does not undo that.
            with suppress(OSError):
                connection.quit()
            connection.close()

    def _connected(self) -> smtplib.SMTP:
        settings, name = self._settings, self.sender.domain
        if settings.tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, name, timeout=_TIMEOUT, context=_verifying()
            )
        else:
            connection = smtplib.SMTP(settings.host, settings.port, name, timeout=_TIMEOUT)
        try:
            self._secure(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _secure(self, connection: smtplib.SMTP) -> None:
        settings = self._settings
        connection.ehlo()
        if not settings.tls:
            if connection.has_extn("starttls"):
                connection.starttls(context=_verifying())
                connection.ehlo()
            elif settings.must_encrypt:
                raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS")
        if settings.user is not None:
            connection.login(settings.user, settings.password)


def redacted(address: str) -> str:
    """Return an address so that the log does not tell whose it is: ``a***@example.com``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def reason_of(error: Exception) -> str:
    """Return why a mail could not be sent, on one line."""
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        reason = f"{error.smtp_code} {text}"
    else:
        reason = f"{type(error).__name__}: {error}"
    return " ".join("".join(c if c.isprintable() else " " for c in reason).split())[:_REASON_LENGTH]


def _refusal(
    address: str, error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException
) -> smtplib.SMTPResponseException:
    """Return a refusal without the address, since it is logged and kept."""
    code: int
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        ((code, answer),) = error.recipients.values()
    else:
        code, answer = error.smtp_code, error.smtp_error
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    is_permanent = 500 <= code < 600 and code not in _ABOUT_LOGIN  # noqa: PLR2004 - 5yz
    kind = MailRefused if is_permanent else smtplib.SMTPResponseException
    return kind(code, _hide(address, text))


def _hide(address: str, text: str) -> str:
    """Replace an address in a text, in whatever case the mail server repeats it."""
    hidden = redacted(address)
    return re.sub(re.escape(address), lambda _: hidden, text, flags=re.IGNORECASE)


def _verifying() -> ssl.SSLContext:
    # The library's own default context verifies nothing.
    return ssl.create_default_context()
