"""The mail to an owner: what it holds, and how it reaches a real mail server."""

import asyncio
import re
import smtplib
import ssl
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from petstore.events import Event
from petstore.ids import new_id
from petstore.mail import Mailer, MailRefused, reason_of, redacted
from petstore.mail_settings import MailSettings
from petstore.mail_text import compose
from petstore.mailboxes import Mailbox
from petstore.models import PetInput
from petstore.settings import read_settings
from tests.certificates import certificate
from tests.contract.samples import a_pet, pet_created
from tests.mail_server import PASSWORD, USER, mail_server
from tests.ports import free_port

_SENDER = Mailbox("PetStore", "pets@shop.example")
_ADDRESSES = st.from_regex(
    PetInput.model_json_schema()["properties"]["owner_email"]["anyOf"][0]["pattern"], fullmatch=True
).filter(lambda address: len(address) <= 254)


def _event(address: str = "ada@example.com") -> Event:
    return pet_created(new_id(), address, datetime.now(UTC))


def _mail(event: Event | None = None, **details: str) -> EmailMessage:
    return compose(event or _event(), a_pet(**details), _SENDER)


def _settings(url: str) -> MailSettings:
    settings = read_settings({"SMTP_URL": url, "MAIL_FROM": "PetStore <pets@shop.example>"}).mail
    assert settings is not None
    return settings


def _parsed(message: EmailMessage) -> EmailMessage:
    parsed: EmailMessage = message_from_bytes(bytes(message), policy=policy.default)
    return parsed


def test_what_it_says() -> None:
    """Text and HTML tell name, species, id and time; the headers say whose it is."""
    event, pet = _event(), a_pet(name="Ada & Bo <b>", species="cat")
    mail = _parsed(compose(event, pet, _SENDER))
    assert mail["To"] == "ada@example.com"
    assert mail["From"] == "PetStore <pets@shop.example>"
    assert mail["Subject"] == "Your pet has been added to PetStore"
    assert mail["Message-ID"] == f"<{event.id}@shop.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "Name: Ada & Bo <b>\r\nSpecies: cat" in plain.get_content()
    assert "Name: Ada &amp; Bo &lt;b&gt;<br>Species: cat" in html.get_content()
    for part in (plain, html):
        assert pet.id in part.get_content()
        assert pet.created_at in part.get_content()


@given(name=st.text(max_size=100))
@example(name="=?utf-8?b?SGFja2Vk?=")
@example(name="=?utf-8?q?a=00b?=")
@example(name="=?unicode_escape?q?=5Cud800?=")
@example(name="\ud800")
@example(name="a\u2028Bcc: x@example.com")
@example(name="x" * 100)
@example(name="\U0001f408" * 100)
@example(name="Ada\r\nBcc: x@example.com")
def test_no_text_becomes_other_text(name: str) -> None:
    """A name is shown as it was given, whatever it looks like, and no control character is sent."""
    sent = bytes(_mail(name=name, species=name))
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]", sent)
    assert sent.count(b"\r") == sent.count(b"\n") == sent.count(b"\r\n")
    mail = _parsed(_mail(name=name, species=name))
    assert sorted(mail.keys()) == sorted(_mail().keys())
    assert mail["Subject"] == _mail()["Subject"]
    plain = mail.get_body(("plain",))
    assert plain is not None
    kept = "".join(c for c in name if c.isprintable() and not c.isspace())
    shown = plain.get_content().partition("Name: ")[2].partition("\r\nSpecies: ")[0]
    assert re.sub(r"[\s\u200c\u200d]", "", shown) == kept


@pytest.mark.parametrize(
    "name",
    [
        "https://evil.example/x",
        "evil.example",
        "www.evil.example",
        "a@evil.example",
        "mailto:a@b.c",
    ],
)
def test_no_name_makes_a_link(name: str) -> None:
    """What programs turn into links by themselves is taken apart."""
    for part in _parsed(_mail(name=name, species=name)).walk():
        if part.get_content_maintype() == "text":
            assert name not in part.get_content()
            assert not re.search(r"://|www\.\w|evil\.\w|\w@\w", part.get_content())


@given(name=st.text(min_size=1, max_size=300).filter(str.isprintable))
@example(name="Pets & Co. [EU]")
@example(name="=?utf-8?q?x?=")
@example(name="Zo\u00eb" * 60)
def test_any_sender_name_arrives_whole(name: str) -> None:
    """A sender's name is what people see, in encoded words of at most 75 characters."""
    message = compose(_event(), a_pet(), Mailbox(name, "pets@shop.example"))
    (sender,) = _parsed(message)["From"].addresses
    # Python's parser keeps the blanks between encoded words; tests/proof asks another one.
    assert "".join(sender.display_name.split()) == "".join(name.split())
    assert sender.addr_spec == "pets@shop.example"
    head = bytes(message).partition(b"\r\n\r\n")[0]
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", head))
    assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?" in line)


@given(address=_ADDRESSES)
@example(address="a" * 64 + "@" + ".".join(["b" * 60] * 3))
@example(address="a..b.@example.com")
@example(address="%&'*+/=^_`{|}~-@example.com")
def test_any_address_arrives_whole(address: str) -> None:
    """Every address that the API takes stands in To as it is, in quotes where they are needed."""
    local, _, domain = address.rpartition("@")
    quoted = address if all(local.split(".")) else f'"{local}"@{domain}'
    assert _parsed(_mail(_event(address)))["To"].addresses[0].addr_spec in {address, quoted}


@pytest.mark.parametrize(
    "address",
    [
        *("a@b.c\r\nBcc: x@y.z", "a@b.c, x@y.z", "a@b.c\n", "", "a"),
        *(".=?utf-8?q?=22_=3Cv=40evil.com=3E=2C_=22?=@e.com", "caf\u00e9@e.com", "a@\u00e9.com"),
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    """What is not one address, though the API never takes it, makes no mail."""
    with pytest.raises(ValueError, match="not an address"):
        _mail(_event(address))


async def test_it_arrives() -> None:
    """A server without TLS takes the mail as it was written."""
    with mail_server() as server:
        await Mailer(_settings(server.url)).send(_mail(name="Zoë"))
    (envelope,), (mail,) = server.mailbox.envelopes, server.mailbox.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("pets@shop.example", ["ada@example.com"])
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "Name: Zoë" in plain.get_content()


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not see TLS from the start
@pytest.mark.parametrize("starttls", [True, False])
async def test_encrypted_and_logged_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, starttls: bool
) -> None:
    """With smtps and with STARTTLS the mail goes encrypted, after the login; the server is checked."""
    tls, file = certificate(tmp_path)
    who = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
    scheme = "smtp" if starttls else "smtps"
    with mail_server(0, tls, starttls=starttls, login=True) as server:
        mailer = Mailer(_settings(f"{scheme}://{who}@127.0.0.1:{server.port}"))
        with pytest.raises(ssl.SSLCertVerificationError):
            await mailer.send(_mail())
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        await mailer.send(_mail())
        wrong = Mailer(_settings(f"{scheme}://{who}x@127.0.0.1:{server.port}"))
        with pytest.raises(smtplib.SMTPAuthenticationError) as denied:
            await wrong.send(_mail())
        assert not isinstance(denied.value, MailRefused)
    assert server.mailbox.users == [USER.encode()]
    if starttls:
        assert server.mailbox.encrypted == [True]


async def test_no_password_in_the_clear() -> None:
    """To another machine that offers no encryption the password is not sent."""
    with mail_server() as server:
        settings = _settings(f"smtp://ada:secret@127.0.0.1:{server.port}")
        assert not settings.must_encrypt
        with pytest.raises(smtplib.SMTPNotSupportedError, match="STARTTLS"):
            await Mailer(replace(settings, must_encrypt=True)).send(_mail())
    assert _settings("smtp://ada:secret@mail.example").must_encrypt


@pytest.mark.parametrize(
    ("behaviour", "is_for_good"),
    [
        ({"answer": "550 no such user"}, True),
        ({"answer": "554 spam"}, True),
        ({"refused": "553 no such mailbox"}, True),
        ({"answer": "451 later"}, False),
        ({"refused": "450 greylisted"}, False),
        ({"refused": "421 closing"}, False),
        ({"refused": "530 log in first"}, False),
    ],
)
async def test_a_refusal_is_an_error(behaviour: dict[str, str], *, is_for_good: bool) -> None:
    """A mail that the server refuses is not taken for sent, and it is known whether for good."""
    with mail_server() as server:
        vars(server.mailbox).update(behaviour)
        (answer,) = behaviour.values()
        with pytest.raises(smtplib.SMTPResponseException, match=answer[4:]) as caught:
            await Mailer(_settings(server.url)).send(_mail())
    assert isinstance(caught.value, MailRefused) == is_for_good
    assert reason_of(caught.value) == answer


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"421 busy\r\n", b"", b"x" * 9_000])
async def test_a_server_that_takes_nothing(greeting: bytes) -> None:
    """What is wrong with the server as a whole may pass: it does not refuse this mail for good."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OSError) as caught:  # noqa: PT011 - which kind is what is asked
            await Mailer(_settings(f"smtp://127.0.0.1:{port}")).send(_mail())
    assert not isinstance(caught.value, MailRefused)
    assert "\n" not in reason_of(caught.value)
    assert len(reason_of(caught.value)) <= 300


@pytest.mark.parametrize("told", ["ada@example.com", "Ada@Example.COM", "ADA@EXAMPLE.COM"])
async def test_a_refusal_names_nobody(told: str) -> None:
    """What goes into the log does not hold the address, however the server repeats it."""
    with mail_server() as server:
        server.mailbox.answer = f"550 {told} is nobody here"
        with pytest.raises(smtplib.SMTPResponseException) as data:
            await Mailer(_settings(server.url)).send(_mail())
        server.mailbox.refused = f"550 <{told}> is nobody here"
        with pytest.raises(smtplib.SMTPResponseException) as recipient:
            await Mailer(_settings(server.url)).send(_mail())
    for caught in (data, recipient):
        assert caught.value.smtp_code == 550
        assert "a***@example.com" in str(caught.value)
        assert "ada@" not in "".join(traceback.format_exception(caught.value)).lower()


async def test_nobody_there() -> None:
    """A refused connection is an OSError."""
    with pytest.raises(OSError, match="refused"):
        await Mailer(_settings(f"smtp://127.0.0.1:{free_port()}")).send(_mail())


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"SMTP_URL": "mail.example"}, "SMTP_URL"),
        ({"SMTP_URL": "http://mail.example"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail.example:port"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://a:w%C3%B6rd@mail.example"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail.example"}, "MAIL_FROM"),
        ({"SMTP_URL": "smtp://mail.example", "MAIL_FROM": "pets"}, "MAIL_FROM"),
        *(
            ({"SMTP_URL": "smtp://m.example", "MAIL_FROM": sender}, "MAIL_FROM")
            for sender in (
                *("a@b.example\r\nBcc: c@d.example", "Pets & Co. [EU] <pets@example.com>"),
                *(
                    "a,b@example.com",
                    "a@example.com, b@example.com",
                    "<a@example.com",
                    "=?x?@e.com",
                ),
                *('"Pets" Co <a@example.com>', "a@b@example.com", "A\x00B <a@example.com>"),
            )
        ),
    ],
)
def test_bad_settings(environment: dict[str, str], problem: str) -> None:
    """Settings that cannot work are refused by name."""
    with pytest.raises(Exception, match=problem):
        read_settings(environment)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pets@example.com", Mailbox("", "pets@example.com")),
        ("PetStore <pets@example.com>", Mailbox("PetStore", "pets@example.com")),
        ("Pets & Co. <pets@example.com>", Mailbox("Pets & Co.", "pets@example.com")),
        ('"Pets \\"[EU]\\"" <pets@example.com>', Mailbox('Pets "[EU]"', "pets@example.com")),
        ("Tierl\u00e4den <pets@mailhost>", Mailbox("Tierl\u00e4den", "pets@mailhost")),
        ("<pets@example.com>", Mailbox("", "pets@example.com")),
    ],
)
def test_senders(text: str, expected: Mailbox) -> None:
    """A sender is an address, alone or with a name, in quotes where the name needs them."""
    mail = read_settings({"SMTP_URL": "smtp://m.example", "MAIL_FROM": text}).mail
    assert mail is not None
    assert mail.sender == expected


def test_ports() -> None:
    """Each scheme has its usual port."""
    assert (_settings("smtp://m.example").port, _settings("smtps://m.example").port) == (587, 465)


def test_what_the_log_shows_of_an_address() -> None:
    """The log names no person."""
    assert redacted("ada.lovelace@example.com") == "a***@example.com"
