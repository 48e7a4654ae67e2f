"""What a mail says: a fixed frame around what callers wrote, which makes no links."""

import re
from email.message import EmailMessage
from email.utils import formatdate
from html import escape

from petstore.events import Event
from petstore.mail_headers import WrittenHeaders, phrase
from petstore.mailboxes import Mailbox
from petstore.notices import NOTICES, Fact
from petstore.pet import Pet

_POLICY = WrittenHeaders(linesep="\r\n", cte_type="8bit")
# What programs turn into a link begins or goes on with one of these, and no blank after it. The
# last ones are dots, colons, slashes and at signs of other scripts, which browsers take as these.
_LINKING = re.compile("([.:/\\\\@\u3002\uff0e\uff61\uff1a\uff0f\uff20])(?=\\S)")
# Joiners are part of words in some scripts, and of emoji.
_JOINERS = {"\u200c", "\u200d"}

_TEXT = """\
Hello,

{opening}

{facts}

If you know nothing of it, ignore this mail.
"""
_HTML = """\
<!doctype html>
<html lang="en">
<body>
<p>Hello,</p>
<p>{opening}</p>
<p>{facts}</p>
<p>If you know nothing of it, ignore this mail.</p>
</body>
</html>
"""


class BadAddress(ValueError):
    """An address that no header can hold, such as an older release took."""


def compose(event: Event, pet: Pet | None, sender: Mailbox) -> EmailMessage:
    """Return the mail about an event of a pet, which may be deleted, in plain text and HTML.

    Its Message-ID is made from the event's id, so that a mail that is sent twice is known as one.

    Raises:
        BadAddress: the address cannot stand in a header.
    """
    notice = NOTICES[event.type]
    message = EmailMessage(_POLICY)
    message["From"] = f"{phrase(sender.name)} <{sender.address}>" if sender.name else sender.address
    message["To"] = _recipient(event.address)
    message["Subject"] = notice.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{event.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: do not answer
    facts = [line for fact in notice.facts if (line := _line(fact, pet, event))]
    plain = _TEXT.format(opening=notice.opening, facts="\n".join(facts))
    html = _HTML.format(opening=escape(notice.opening), facts="<br>".join(map(escape, facts)))
    message.set_content(plain, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _line(fact: Fact, pet: Pet | None, event: Event) -> str | None:
    text = fact.text(pet, event)
    return None if text is None else f"{fact.label}: {text if fact.is_ours else _shown(text)}"


def _shown(text: str) -> str:
    """Return foreign text on one line, without what is invisible or makes a link."""
    visible = (c if c.isprintable() or c in _JOINERS else " " for c in text)
    return _LINKING.sub(r"\1 ", " ".join("".join(visible).split()))


def _recipient(address: str) -> str:
    """Put what stands before the @ in quotes where RFC 5322, 3.4.1 wants them: ``a..b``."""
    local, _, domain = address.rpartition("@")
    atoms = re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+", local)
    if not atoms or "=?" in local or not re.fullmatch(r"[A-Za-z0-9.-]+", domain):
        raise BadAddress("this is not an address")
    return address if all(local.split(".")) else f'"{local}"@{domain}'
