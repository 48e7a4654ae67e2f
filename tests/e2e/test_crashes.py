"""The app is killed at each step between a request and the end of its event, many times each."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from petstore.ids import new_id
from petstore.limits import OrderStatus
from petstore.order import Order
from petstore.pet import Pet
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.samples import a_pet, closing
from tests.e2e.aging import let_pass, states
from tests.mail_server import MailServer, mail_server
from tests.tree import ROOT, need_dev_host

pytestmark = pytest.mark.azurite
need_dev_host()

_ROUNDS = 40
_EACH = 2  # pets for each change of an order


class Lives:
    """Lives of the app on one store, one queue and one mail server."""

    def __init__(self, process: subprocess.Popen[str], database: Path, mails: MailServer) -> None:
        self.database = database
        self.mailbox = mails.mailbox
        self._process = process

    def create(self, address: str, step: str = "-") -> int:
        """Live once, and create a pet with this address of its owner; give the exit code."""
        pet = {"name": "Ada", "species": "cat", "owner_email": address}
        return self.live(step, "POST", "/api/pets", address, pet)

    def live(
        self,
        step: str = "-",
        method: str = "-",
        path: str = "-",
        key: str = "-",
        body: object = None,
    ) -> int:
        """Live once, with this request; give the exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        text = "" if body is None else json.dumps(body)
        print(step, method, path, key, text, sep="\t", file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


@contextmanager
def _lives(folder: Path, storage: str) -> Iterator[Lives]:
    with mail_server() as mails, (folder / "log").open("w") as output:
        settings = {
            "PETSTORE_SQLITE_PATH": str(folder / "pets.db"),
            "AzureWebJobsStorage": storage,
            "NOTIFICATIONS_QUEUE": f"n-{secrets.token_hex(6)}",
            "SMTP_URL": mails.url,
            "MAIL_FROM": "pets@shop.example",
        }
        with subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.lives"],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        ) as process:
            yield Lives(process, folder / "pets.db", mails)


@pytest.mark.parametrize(
    ("step", "mails"),
    [
        # What was killed right after the event never made its pet: nobody hears of it.
        ("event", {0}),
        ("pet", {1}),
        ("mark", {1}),
        ("count", {1}),
        ("queue", {1}),
        ("claim", {1}),
        # The one case that cannot be excluded: the server took the mail, and nobody knows.
        ("mail", {2}),
    ],
)
def test_killed(tmp_path: Path, azurite: str, step: str, mails: set[int]) -> None:
    """Whatever is left undone is done later, once; and nothing stays pending."""
    with _lives(tmp_path, azurite) as lives:
        owners = [f"owner{number}@example.com" for number in range(_ROUNDS)]
        for owner in owners:
            assert lives.create(owner, step) == -signal.SIGKILL
        let_pass(11, lives.database)
        assert lives.live() == 0
        found = Counter(lives.mailbox.recipients)
        assert {found[owner] for owner in owners} == mails, (tmp_path / "log").read_text()[-3000:]
        assert lives.create("last@example.com") == 0
        assert set(states(lives.database)) == {"settled"}
        if step == "mail":
            sent = Counter(mail["Message-ID"] for mail in lives.mailbox.mails)
            assert sorted(sent.values()) == [1] + [2] * _ROUNDS


@pytest.mark.parametrize("step", ["event", "pet"])
def test_killed_and_retried(tmp_path: Path, azurite: str, step: str) -> None:
    """A client that retries with its Idempotency-Key gets its pet, and the owner one mail."""
    with _lives(tmp_path, azurite) as lives:
        owners = [f"owner{number}@example.com" for number in range(_ROUNDS)]
        for owner in owners:
            assert lives.create(owner, step) == -signal.SIGKILL
            assert lives.create(owner) == 0
        let_pass(11, lives.database)
        assert lives.live() == 0
        assert Counter(lives.mailbox.recipients) == Counter(owners)
        assert set(states(lives.database)) == {"settled"}


# For each change of an order: the request, and the status of the order that is there before.
_CHANGES: dict[str, tuple[str, object, OrderStatus | None]] = {
    "place": ("PUT", {"contact_email": "nobody@example.com"}, None),
    "approve": ("PATCH", {"status": "approved"}, "placed"),
    "deliver": ("PATCH", {"status": "delivered"}, "approved"),
    "cancel": ("DELETE", None, "placed"),
}


def _a_pet_before(change: str, heard: str) -> Pet:
    """Return a pet that is ready for a change, with the address of who hears of it."""
    status = _CHANGES[change][2]
    if status is None:
        return a_pet(owner_email=heard)
    pet = a_pet()
    order = Order(new_id(), pet.created_at, pet.created_at, status, contact_email=heard)
    return pet.with_order(order, pet.created_at)


async def _keep(database: Path, pets: Iterable[Pet]) -> None:
    async with closing(SqliteStore(database)) as store:
        for pet in pets:
            await store.pets.add(pet)


def _all_changes(lives: Lives) -> dict[str, tuple[str, str]]:
    """Keep pets; return for each address the change that it hears of, and the pet's id."""
    pets, changes = [], {}
    for change in _CHANGES:
        for number in range(_EACH):
            pet = _a_pet_before(change, heard := f"{change}{number}@example.com")
            pets.append(pet)
            changes[heard] = (change, pet.id)
    asyncio.run(_keep(lives.database, pets))
    return changes


def _change(lives: Lives, change: str, pet_id: str, step: str = "-") -> int:
    method, body, _ = _CHANGES[change]
    return lives.live(step, method, f"/api/pets/{pet_id}/order", "-", body)


@pytest.mark.parametrize(
    ("step", "mails"),
    [
        ("event", 0),
        ("order", 1),
        ("mark", 1),
        ("count", 1),
        ("queue", 1),
        ("claim", 1),
        ("mail", 2),
    ],
)
def test_killed_with_an_order(tmp_path: Path, azurite: str, step: str, mails: int) -> None:
    """What was written of an order is told, once; of what was not nobody hears."""
    with _lives(tmp_path, azurite) as lives:
        changes = _all_changes(lives)
        for change, pet_id in changes.values():
            assert _change(lives, change, pet_id, step) == -signal.SIGKILL
        let_pass(11, lives.database)
        assert lives.live() == 0
        found = Counter(lives.mailbox.recipients)
        assert {heard: found[heard] for heard in changes} == dict.fromkeys(changes, mails)
        assert found.total() == mails * len(changes), (tmp_path / "log").read_text()[-3000:]
        assert set(states(lives.database)) <= {"settled"}


@pytest.mark.parametrize("step", ["event", "order"])
@pytest.mark.parametrize("minutes", [0, 11])
def test_killed_with_an_order_and_repeated(
    tmp_path: Path, azurite: str, step: str, minutes: int
) -> None:
    """A request that broke off and is repeated, at once or late, makes one mail."""
    with _lives(tmp_path, azurite) as lives:
        changes = _all_changes(lives)
        for change, pet_id in changes.values():
            assert _change(lives, change, pet_id, step) == -signal.SIGKILL
        let_pass(minutes, lives.database)
        for change, pet_id in changes.values():
            # A cancellation that was done answers 404 the second time.
            is_gone = change == "cancel" and step == "order"
            assert _change(lives, change, pet_id) == is_gone
        let_pass(11, lives.database)
        assert lives.live() == 0
        assert Counter(lives.mailbox.recipients) == dict.fromkeys(changes, 1)
        assert set(states(lives.database)) == {"settled"}
