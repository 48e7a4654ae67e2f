"""What a mail says: a fixed frame around a pet's name and species, which make no links."""

import re
from email.message import EmailMessage
from email.utils import formatdate
from html import escape

from petstore.events import Event
from petstore.mail_headers import WrittenHeaders, phrase
from petstore.mailboxes import Mailbox
from petstore.pet import Pet

_POLICY = WrittenHeaders(linesep="\r\n", cte_type="8bit")
# What programs turn into a link begins or goes on with one of these, and no blank after it. The
# last ones are dots, colons, slashes and at signs of other scripts, which browsers take as these.
_LINKING = re.compile("([.:/\\\\@\u3002\uff0e\uff61\uff1a\uff0f\uff20])(?=\\S)")
# Joiners are part of words in some scripts, and of emoji.
_JOINERS = {"\u200c", "\u200d"}

_SUBJECT = "Your pet has been added to PetStore"
_TEXT = """\
Hello,

a pet has been added to PetStore, with this address as its owner's.

Name: {name}
Species: {species}
Id: {id}
Added: {created_at}

If you know nothing of it, ignore this mail.
"""
_HTML = """\
<!doctype html>
<html lang="en">
<body>
<p>Hello,</p>
<p>a pet has been added to PetStore, with this address as its owner's.</p>
<p>Name: {name}<br>Species: {species}<br>Id: {id}<br>Added: {created_at}</p>
<p>If you know nothing of it, ignore this mail.</p>
</body>
</html>
"""


def compose(event: Event, pet: Pet, sender: Mailbox) -> EmailMessage:
    """Return the mail about a new pet, in plain text and HTML.

    Its Message-ID is made from the event's id, so that a mail that is sent twice is known as one.

    Raises:
        ValueError: the address cannot stand in a header.
    """
    shown = {
        "name": _shown(pet.name),
        "species": _shown(pet.species),
        "id": pet.id,
        "created_at": pet.created_at,
    }
    message = EmailMessage(_POLICY)
    message["From"] = f"{phrase(sender.name)} <{sender.address}>" if sender.name else sender.address
    message["To"] = _recipient(event.owner_email)
    message["Subject"] = _SUBJECT
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{event.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: do not answer
    message.set_content(_TEXT.format_map(shown), cte="quoted-printable")
    safe = {name: escape(text) for name, text in shown.items()}
    message.add_alternative(_HTML.format_map(safe), subtype="html", cte="quoted-printable")
    return message


def _shown(text: str) -> str:
    """Return foreign text on one line, without what is invisible or makes a link."""
    visible = (c if c.isprintable() or c in _JOINERS else " " for c in text)
    return _LINKING.sub(r"\1 ", " ".join("".join(visible).split()))


def _recipient(address: str) -> str:
    """Put what stands before the @ in quotes where RFC 5322, 3.4.1 wants them: ``a..b``."""
    local, _, domain = address.rpartition("@")
    atoms = re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+", local)
    if not atoms or "=?" in local or not re.fullmatch(r"[A-Za-z0-9.-]+", domain):
        raise ValueError("this is not an address")
    return address if all(local.split(".")) else f'"{local}"@{domain}'
