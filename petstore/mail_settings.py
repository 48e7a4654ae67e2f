"""The settings of the mails."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from petstore.mailboxes import Mailbox, parse_mailbox
from petstore.setting_values import Reader, is_local, is_url

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class MailSettings:
    """How mails are sent.

    Attributes:
        host: the mail server.
        port: its port.
        tls: whether TLS starts at once (smtps); else STARTTLS is used where it is offered.
        must_encrypt: whether it must be offered: no password is sent to another machine in the
            clear.
        user: who logs in; None for nobody.
        password: the user's password.
        sender: who mails come from, as From shows it.
    """

    host: str
    port: int
    tls: bool
    must_encrypt: bool
    user: str | None = field(repr=False)
    password: str = field(repr=False)
    sender: Mailbox


@dataclass(frozen=True)
class MailCaps:
    """How many mails there may be on one day (in UTC); 0 for any number.

    Attributes:
        per_address: to one address.
        per_caller: about what one caller did; all without a token count as one.
    """

    per_address: int
    per_caller: int


def read_mail_settings(reader: Reader) -> MailSettings | None:
    """Return how mails are sent, None where they are not; what is wrong is noted in the reader."""
    url, sender = reader.text("SMTP_URL"), parse_mailbox(reader.text("MAIL_FROM"))
    if not url:
        return None
    if not is_url(url, _PORTS):
        reader.problem("SMTP_URL", "must be smtp://USER:PASSWORD@HOST:PORT, or smtps://...")
        return None
    if sender is None:
        reader.problem(
            "MAIL_FROM",
            "must be one address, or NAME <ADDRESS> with a NAME in double quotes if it has any of"
            ' ()<>[]:;@\\,", where SMTP_URL is set',
        )
    if not unquote(url).isascii():
        reader.problem("SMTP_URL", "must be ASCII, user and password too")
    parts = urlsplit(url)
    return MailSettings(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        must_encrypt=parts.username is not None and not is_local(url),
        user=None if parts.username is None else unquote(parts.username),
        password=unquote(parts.password or ""),
        sender=sender or Mailbox("", ""),  # the problem above refuses it
    )


def read_mail_caps(reader: Reader) -> MailCaps:
    """Return how many mails there may be; what is wrong is noted in the reader."""
    return MailCaps(
        per_address=reader.count("MAILS_PER_ADDRESS", 20),
        per_caller=reader.count("MAILS_PER_CALLER", 500),
    )
