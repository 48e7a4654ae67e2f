"""Mails as programs of others read them: names, addresses and texts that try to be something else."""

import base64
import json
import subprocess
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from devhost import npm
from petstore.ids import new_id
from petstore.mail_text import compose
from petstore.mailboxes import Mailbox
from tests.contract.samples import a_pet, pet_created
from tests.proof.node_tools import HERE, installed

pytestmark = pytest.mark.tools

_PARSERS = ("postal-mime", "mailparser")
_TEXTS = [
    *(
        "Ada",
        "Zo\u00eb",
        "\u732b" * 30,
        "Pets & Co. [EU]",
        "Zo\u00eb " * 40,
        'A "B" \\ C',
        "a, b; c:",
    ),
    *("=?utf-8?b?SGFja2Vk?=", "=?utf-8?q?a=00b?=", "=?unicode_escape?q?=5Cud800?="),
    *(
        "=?us-ascii?q?=22_=3Cv=40evil.com=3E=2C_=22?=",
        "a@evil",
        "Bcc",
        "\U0001f469\u200d\U0001f52c",
    ),
]
_ADDRESSES = ["ada@example.com", "a..b@example.com", "o'hara=x@example.com", "a" * 64 + "@e.com"]


def _read(mails: list[EmailMessage]) -> list[dict[str, Any]]:
    installed()
    result = subprocess.run(
        [npm.program("node"), HERE / "read_mails.mjs"],
        input=json.dumps([base64.b64encode(bytes(mail)).decode() for mail in mails]),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def _mail(name: str = "Ada", address: str = "ada@example.com", sender: str = "") -> EmailMessage:
    event = pet_created(new_id(), address, datetime.now(UTC))
    return compose(event, a_pet(name=name), Mailbox(sender, "pets@shop.example"))


def test_names_are_only_names() -> None:
    """Neither a pet's name nor a sender's becomes other text, another recipient or another header."""
    found = _read([_mail(name=text, sender=text.strip()) for text in _TEXTS])
    for text, seen in zip(_TEXTS, found, strict=True):
        for parser in _PARSERS:
            mail = seen[parser]
            assert mail["from"]["name"].split() == text.split(), (parser, text)
            assert mail["from"]["address"] == "pets@shop.example", (parser, text)
            assert [one["address"] for one in mail["to"]] == ["ada@example.com"], (parser, text)
            assert mail["subject"] == "Your pet has been added to PetStore"
            shown = mail["text"].partition("Name: ")[2].partition("\n")[0]
            assert "".join(shown.split()) == "".join(text.split()), (parser, text)


def test_addresses_arrive_whole() -> None:
    """There is one recipient, and it is the address that was given."""
    found = _read([_mail(address=address) for address in _ADDRESSES])
    for address, seen in zip(_ADDRESSES, found, strict=True):
        local, _, domain = address.rpartition("@")
        for parser in _PARSERS:
            (recipient,) = seen[parser]["to"]
            assert recipient["address"] in {address, f'"{local}"@{domain}'}, parser
