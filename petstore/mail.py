"""The mail to the owner of a new pet, and the way to the mail server."""

import asyncio
import re
import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from html import escape

from petstore.events import Event
from petstore.models import Pet
from petstore.settings import MailSettings

_TIMEOUT = 10  # seconds, for each answer of the server
# RFC 5322's limit: the library breaks up long addresses that it tries to fold.
_POLICY = SMTP.clone(max_line_length=998)

_TEXT = """\
Hello,

{name} ({species}) has been added to PetStore.

Id: {id}
Added: {created_at}

You get this mail because this address was given as the owner's.
"""
_HTML = """\
<!doctype html>
<html lang="en">
<body>
<p>Hello,</p>
<p><strong>{name}</strong> ({species}) has been added to PetStore.</p>
<p>Id: {id}<br>Added: {created_at}</p>
<p>You get this mail because this address was given as the owner's.</p>
</body>
</html>
"""


class Mailer:
    """Sends mails by SMTP (RFC 5321).

    Args:
        settings: which server, how to log in, and from whom.

    Attributes:
        sender: who sends, as it stands in From.
    """

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self.sender = settings.sender

    async def send(self, message: EmailMessage) -> None:
        """Hand a mail over; when this returns the server has taken it.

        Raises:
            OSError: the server cannot be reached, does not answer within 10 seconds, or refuses
                (``smtplib.SMTPException`` is one).
        """
        await asyncio.to_thread(self._send, message)

    def _send(self, message: EmailMessage) -> None:
        connection, recipient = self._connected(), str(message["To"])
        try:
            connection.send_message(message, _address(self.sender), [recipient])
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
            raise _without(recipient, error) from None
        finally:
            # What goes wrong after the server took the mail does not undo that.
            with suppress(OSError):
                connection.quit()
            connection.close()

    def _connected(self) -> smtplib.SMTP:
        settings, name = self._settings, _domain(self.sender)
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


def compose(event: Event, pet: Pet, sender: str) -> EmailMessage:
    """Write the mail about a new pet, in plain text and HTML.

    Its Message-ID is made from the event's id, so that a mail that is sent twice is known as one.

    Raises:
        ValueError, email.errors.MessageError: the address cannot stand in a header.
    """
    # A line separator of Unicode may stand in a name, but not in a header.
    shown = {
        "name": " ".join(pet.name.split()),
        "species": " ".join(pet.species.split()),
        "id": pet.id,
        "created_at": pet.created_at,
    }
    message = EmailMessage(_POLICY)
    message["From"] = sender
    message["To"] = Address(addr_spec=_mailbox(event.owner_email))
    message["Subject"] = f"{shown['name']} has been added to PetStore"
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{event.id}@{_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: do not answer
    message.set_content(_TEXT.format_map(shown), cte="quoted-printable")
    safe = {name: escape(text) for name, text in shown.items()}
    message.add_alternative(_HTML.format_map(safe), subtype="html", cte="quoted-printable")
    return message


def redacted(address: str) -> str:
    """Give an address so that the log does not tell whose it is: ``a***@example.com``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def _without(
    address: str, error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException
) -> smtplib.SMTPResponseException:
    """Give a refusal without the address, since the host logs what leaves a function."""
    code: int
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        ((code, answer),) = error.recipients.values()
    else:
        code, answer = error.smtp_code, error.smtp_error
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return smtplib.SMTPResponseException(code, _hide(address, text))


def _hide(address: str, text: str) -> str:
    """Replace an address in a text, in whatever case the mail server repeats it."""
    hidden = redacted(address)
    return re.sub(re.escape(address), lambda _: hidden, text, flags=re.IGNORECASE)


def _verifying() -> ssl.SSLContext:
    # The library's own default context verifies nothing.
    return ssl.create_default_context()


def _mailbox(address: str) -> str:
    """Put what stands before the @ in quotes where RFC 5322, 3.4.1 wants them: ``a..b``."""
    local, _, domain = address.rpartition("@")
    if not local:
        raise ValueError("this is no address")
    return address if all(local.split(".")) else f'"{local}"@{domain}'


def _address(sender: str) -> str:
    return parseaddr(sender)[1]


def _domain(sender: str) -> str:
    return _address(sender).rpartition("@")[2]
