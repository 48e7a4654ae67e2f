"""`make start` on Cosmos DB: the same API over the real SDK and the emulator."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from devhost.npm import missing_tools
from tests.e2e.server import Server, started
from tests.emulator.cosmos_emulator import EMULATOR_KEY, running_emulator
from tests.mail_server import MailServer, mail_server
from tests.tree import need_dev_host

pytestmark = pytest.mark.cosmos
need_dev_host()


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, mails: MailServer) -> Iterator[Server]:
    """Run the API on the emulator."""
    if reason := missing_tools():
        pytest.skip(f"NOT TESTED on the Cosmos DB emulator: {reason}")
    folder: Path = tmp_path_factory.mktemp("cosmos")
    settings = {
        "COSMOS_KEY": EMULATOR_KEY,
        "SMTP_URL": mails.url,
        "MAIL_FROM": "pets@shop.example",
        "RELAY_SCHEDULE": "* * * * * *",
    }
    with (
        running_emulator() as endpoint,
        started(folder, COSMOS_ENDPOINT=endpoint, **settings) as server,
    ):
        yield server


def test_the_main_job(server: Server) -> None:
    """Pets are created, read, listed, changed and deleted."""
    status, ada = server.call("POST", "/pets", {"name": "Ada", "species": "cat", "tags": ["Soft"]})
    assert status == 201
    place = f"/pets/{ada['id']}"
    assert server.call("GET", place) == (200, ada)
    assert server.call("PATCH", place, {"status": "sold"})[1]["status"] == "sold"
    assert server.call("PUT", place, {"name": "Ada II", "species": "cat"})[0] == 200
    assert server.call("GET", "/pets?name=ADA&species=CAT")[1]["data"][0]["name"] == "Ada II"
    assert server.call("GET", "/health/ready")[0] == 200
    assert server.call("DELETE", place) == (204, None)
    assert server.call("GET", place)[0] == 404


def test_what_it_charges(server: Server) -> None:
    """Answers tell the request units, and the tag is the store's own version."""
    _, ada = server.call("POST", "/pets", {"name": "Ada", "species": "cat"})
    url = f"{server.api}/pets/{ada['id']}"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server
        assert float(answer.headers["X-Request-Charge"]) == 1.0
        assert answer.headers["ETag"].count('"') == 2
    assert not (Path(server.log).parent / "pets.db").exists()


def test_the_mail(server: Server, mails: MailServer) -> None:
    """The owner of a new pet gets a mail."""
    pet = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}
    assert server.call("POST", "/pets", pet)[0] == 201
    mails.mailbox.wait_for(1)
    assert mails.mailbox.recipients == ["ada@example.com"]
