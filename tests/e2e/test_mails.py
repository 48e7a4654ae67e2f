"""From the create to the mail, through `make start`, on the in-process queue and on Azurite."""

import asyncio
import base64
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from devhost.azurite.emulator import running_azurite
from devhost.npm import missing_tools
from devhost.queues.accounts import Accounts
from devhost.queues.service import Queue
from tests.e2e.aging import let_pass, states
from tests.e2e.server import Server, make, started
from tests.mail_server import MailServer, mail_server
from tests.ports import free_port
from tests.tree import need_dev_host

need_dev_host()

_EVERY_SECOND = {
    "MAIL_FROM": "PetStore <pets@shop.example>",
    "RELAY_SCHEDULE": "* * * * * *",
    "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:00",
}


@pytest.fixture(params=["in_process", pytest.param("azurite", marks=pytest.mark.azurite)])
def storage(request: pytest.FixtureRequest) -> dict[str, str]:
    """Where the queues are: in the process, as a plain `make start` has them, or in Azurite."""
    return {} if request.param == "in_process" else _on(request.getfixturevalue("azurite"))


@pytest.fixture
def mails() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


def _on(connection_string: str) -> dict[str, str]:
    # A queue of its own for each test.
    return {
        "AzureWebJobsStorage": connection_string,
        "NOTIFICATIONS_QUEUE": f"n-{secrets.token_hex(6)}",
    }


def _create(server: Server, number: int = 0) -> str:
    pet = {"name": "Ada", "species": "cat", "owner_email": f"owner{number}@example.com"}
    status, made = server.call("POST", "/pets", pet)
    assert status == 201
    return str(made["id"])


def _make_events(folder: Path, *arguments: str) -> str:
    ended = make("events", *arguments, PETSTORE_SQLITE_PATH=str(folder / "pets.db"))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _wait(server: Server, text: str, seconds: float = 20) -> None:
    """Wait until the log holds a text."""
    end = time.monotonic() + seconds
    while text not in server.log.read_text():
        assert time.monotonic() < end, server.log.read_text()
        time.sleep(0.05)


def _wait_for_states(folder: Path, wanted: dict[str, int], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while (found := states(folder / "pets.db")) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.05)


def test_one_mail(tmp_path: Path, storage: dict[str, str], mails: MailServer) -> None:
    """The owner gets one mail with the right text, and the pet and its tag stay as they are."""
    with started(tmp_path, SMTP_URL=mails.url, **_EVERY_SECOND, **storage) as server:
        pet_id = _create(server)
        before = server.call("GET", f"/pets/{pet_id}")
        mails.mailbox.wait_for(1)
        _wait_for_states(tmp_path, {"settled": 1})
        assert server.call("GET", f"/pets/{pet_id}") == before
        assert _make_events(tmp_path) == "Nothing is pending, nothing has failed.\n"
        log = server.log.read_text()
    (mail,) = mails.mailbox.mails
    assert mail["To"] == "owner0@example.com"
    assert mail["Subject"] == "Your pet has been added to PetStore"
    for part in mail.iter_parts():
        assert pet_id in part.get_content()
    assert "owner0@example.com" not in log
    assert ("queues are kept in this process" in log) == (not storage)


def test_mails_about_an_order(tmp_path: Path, storage: dict[str, str], mails: MailServer) -> None:
    """The owner hears of an order, the buyer of each thing that becomes of it; losers of nothing."""
    with started(tmp_path, SMTP_URL=mails.url, **_EVERY_SECOND, **storage) as server:
        sold, freed = (f"/pets/{_create(server, number)}/order" for number in range(2))
        mails.mailbox.wait_for(2)
        buyer = {"contact_email": "bob@example.com"}
        with ThreadPoolExecutor(8) as pool:
            notes = [{**buyer, "note": f"n{number}"} for number in range(8)]
            answers = pool.map(lambda body: server.call("PUT", sold, body)[0], notes)
            assert Counter(answers) == {201: 1, 409: 7}
        assert server.call("PUT", freed, buyer)[0] == 201
        mails.mailbox.wait_for(4)
        for number, step in enumerate(("approved", "delivered")):
            assert server.call("PATCH", sold, {"status": step})[0] == 200
            mails.mailbox.wait_for(5 + number)
        assert server.call("DELETE", freed)[0] == 204
        mails.mailbox.wait_for(7)
        let_pass(11, tmp_path / "pets.db")
        _wait_for_states(tmp_path, {"settled": 7})
        log = server.log.read_text()
    assert Counter((mail["To"], mail["Subject"]) for mail in mails.mailbox.mails) == {
        **{
            (f"owner{number}@example.com", f"Your pet has been {what} PetStore"): 1
            for number in range(2)
            for what in ("added to", "ordered at")
        },
        **{
            ("bob@example.com", f"Your order at PetStore has been {what}"): 1
            for what in ("approved", "delivered", "cancelled")
        },
    }
    assert "bob@example.com" not in log


def test_without_a_mail_server(tmp_path: Path) -> None:
    """A plain `make start` logs what it would have mailed, without the address."""
    with started(tmp_path, RELAY_SCHEDULE="* * * * * *") as server:
        pet_id = _create(server)
        _wait(server, "SMTP_URL is not set; no mail to o***@example.com")
        _wait_for_states(tmp_path, {"settled": 1})
    log = server.log.read_text()
    assert pet_id in log
    assert "owner0@example.com" not in log
    assert "ERROR" not in log


@pytest.mark.azurite
def test_make_start_with_azurite(tmp_path: Path, mails: MailServer) -> None:
    """`make start AZURITE=1` runs an Azurite of its own, whose messages outlive the server."""
    if reason := missing_tools():
        pytest.skip(f"NOT TESTED on Azurite: {reason}")
    settings = {**_EVERY_SECOND, "AZURITE": "1", "AZURITE_DATA": str(tmp_path / "azurite")}
    off = {"AzureWebJobs_notify_owner_Disabled": "1"}
    with started(tmp_path, SMTP_URL=mails.url, **settings, **off) as server:
        _create(server)
        _wait_for_states(tmp_path, {"relayed": 1})
    with started(tmp_path, SMTP_URL=mails.url, **settings) as server:
        mails.mailbox.wait_for(1)
        assert "Azurite keeps the queues" in server.log.read_text()


def test_mail_server_down(tmp_path: Path, storage: dict[str, str]) -> None:
    """The mail waits in the store and nothing is poison; made due again by hand it arrives."""
    port = free_port()
    url = f"smtp://127.0.0.1:{port}"
    with started(tmp_path, SMTP_URL=url, **_EVERY_SECOND, **storage) as server:
        _create(server)
        _wait(server, " waits until ")
        (line,) = _make_events(tmp_path).splitlines()
        event_id = line.split()[0]
        assert re.search(r" new .* due 2.* ConnectionRefusedError: ", line)
        assert "owner0@example.com" not in line
        with mail_server(port) as mails:
            assert "is due again" in _make_events(tmp_path, f"RETRY={event_id}")
            mails.mailbox.wait_for(1)
            _wait_for_states(tmp_path, {"settled": 1})
            assert mails.mailbox.recipients == ["owner0@example.com"]
        log = server.log.read_text()
        assert "ERROR" not in log
        assert "poison: " not in log


def test_refused_for_good(tmp_path: Path, storage: dict[str, str], mails: MailServer) -> None:
    """A permanent refusal fails at once, as an error in the log; one command retries all of them."""
    mails.mailbox.refused = "550 5.1.1 no such user"
    with started(tmp_path, SMTP_URL=mails.url, **_EVERY_SECOND, **storage) as server:
        for number in range(3):
            _create(server, number)
        _wait_for_states(tmp_path, {"failed": 3})
        log = server.log.read_text()
        assert len(re.findall(r"ERROR petstore: mail failed: event .* at try 1: 550 5", log)) == 3
        assert "example.com" not in log
        lines = _make_events(tmp_path).splitlines()
        assert all(" failed " in line and "550 5.1.1 no such user" in line for line in lines)
        assert (len(lines), mails.mailbox.envelopes) == (3, [])
        mails.mailbox.refused = ""
        assert "3 failed events are due again" in _make_events(tmp_path, "RETRY=all")
        mails.mailbox.wait_for(3)
        _wait_for_states(tmp_path, {"settled": 3})


def test_one_sends_too_many(tmp_path: Path, mails: MailServer) -> None:
    """Over its cap an address gets nothing more that day; the mails wait, and others get theirs."""
    settings = {**_EVERY_SECOND, "MAILS_PER_ADDRESS": "2"}
    with started(tmp_path, SMTP_URL=mails.url, **settings) as server:
        for _ in range(5):
            _create(server)
        _create(server, 1)
        _wait_for_states(tmp_path, {"settled": 3, "new": 3})
        assert Counter(mails.mailbox.recipients) == {
            "owner0@example.com": 2,
            "owner1@example.com": 1,
        }
        assert _make_events(tmp_path).count("more than 2 mails on one day for this address") == 3


@pytest.mark.azurite
def test_a_foreign_message(tmp_path: Path, azurite: str, mails: MailServer) -> None:
    """A message that is not ours ends as an error after five tries, and holds up no mail."""
    settings = {**_EVERY_SECOND, **_on(azurite), "SMTP_URL": mails.url}
    queue = settings["NOTIFICATIONS_QUEUE"]
    with started(tmp_path, **settings) as server:
        text = base64.b64encode(b"[" * 45_000).decode()
        asyncio.run(_put(Queue(azurite, queue), text))
        _create(server)
        mails.mailbox.wait_for(1)
        _wait(server, f"ERROR petstore: {queue}-poison: a foreign message (45000 bytes)", 40)
        tried = re.findall(r"notify_owner FAILED .*\(try (\d) of 5\)", server.log.read_text())
    assert tried == ["1", "2", "3", "4", "5"]


async def _put(queue: Queue, text: str) -> None:
    accounts = Accounts()
    await accounts.put(queue, text)
    await accounts.close()


@pytest.mark.azurite
def test_the_queue_is_away(tmp_path: Path, mails: MailServer) -> None:
    """While the queue is away every POST is 201 at once; when it is back all mails come, once."""
    if reason := missing_tools():
        pytest.skip(f"NOT TESTED on Azurite: {reason}")
    port = free_port()
    with ExitStack() as stack:
        with running_azurite(tmp_path / "azurite", port) as connection_string:
            settings = {**_EVERY_SECOND, **_on(connection_string), "SMTP_URL": mails.url}
            server = stack.enter_context(started(tmp_path, **settings))
            _create(server)
            mails.mailbox.wait_for(1)
        for number in range(1, 41):
            begin = time.monotonic()
            _create(server, number)
            # Whoever waits for the queue waits for its time-out, five seconds.
            assert time.monotonic() - begin < 2
            time.sleep(0.05)
        _wait(server, "relay_events: its messages cannot be sent")
        with running_azurite(tmp_path / "azurite", port):
            let_pass(11, tmp_path / "pets.db")
            mails.mailbox.wait_for(41, 40)
            _wait_for_states(tmp_path, {"settled": 41})
            server.interrupt()
    assert Counter(mails.mailbox.recipients) == {f"owner{n}@example.com": 1 for n in range(41)}


@pytest.mark.azurite
def test_two_servers(tmp_path: Path, azurite: str, mails: MailServer) -> None:
    """500 creates, two relays and two consumers on one store and one queue: 500 owners, one mail each."""
    settings = {**_EVERY_SECOND, **_on(azurite), "SMTP_URL": mails.url}
    (tmp_path / "other").mkdir()
    settings["PETSTORE_SQLITE_PATH"] = str(tmp_path / "pets.db")
    with (
        started(tmp_path, **settings) as one,
        started(tmp_path / "other", **settings) as other,
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(lambda n: _create((one, other)[n % 2], n), range(500)))
        mails.mailbox.wait_for(500, 60)
        _wait_for_states(tmp_path, {"settled": 500})
    assert Counter(mails.mailbox.recipients) == {f"owner{n}@example.com": 1 for n in range(500)}
    logs = one.log.read_text(), other.log.read_text()
    assert all(" notify_owner succeeded" in log for log in logs)


@pytest.mark.azurite
def test_killed_again_and_again(tmp_path: Path, azurite: str, mails: MailServer) -> None:
    """Killed five times under load, the server loses no mail, and doubles only some on their way."""
    settings = {**_EVERY_SECOND, **_on(azurite), "SMTP_URL": mails.url}
    for life in range(5):
        with started(tmp_path, **settings) as server, ThreadPoolExecutor(8) as pool:
            list(pool.map(partial(_create, server), range(life * 60, life * 60 + 60)))
            mails.mailbox.wait_for(life * 60 + 20, 30)
            server.kill()
        let_pass(11, tmp_path / "pets.db")
    with started(tmp_path, **settings):
        _wait_for_states(tmp_path, {"settled": 300})
    found = Counter(mails.mailbox.recipients)
    assert set(found) == {f"owner{n}@example.com" for n in range(300)}
    sent = Counter(mail["Message-ID"] for mail in mails.mailbox.mails)
    assert len(sent) == len(found)
    # At each of the five deaths some 24 mails may have been on their way.
    assert sum(count - 1 for count in sent.values()) <= 5 * 24
