"""The app is killed at each step between the create and the end of its event, 40 times each."""

import os
import secrets
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.aging import let_pass, states
from tests.mail_server import MailServer, mail_server
from tests.tree import ROOT, need_dev_host

pytestmark = pytest.mark.azurite
need_dev_host()

_ROUNDS = 40


class Lives:
    """Lives of the app on one store, one queue and one mail server."""

    def __init__(self, process: subprocess.Popen[str], database: Path, mails: MailServer) -> None:
        self.database = database
        self.mailbox = mails.mailbox
        self._process = process

    def live(self, address: str = "-", step: str = "-") -> int:
        """Live once; give the exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(address, step, file=self._process.stdin, flush=True)
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
            assert lives.live(owner, step) == -signal.SIGKILL
        let_pass(11, lives.database)
        assert lives.live() == 0
        found = Counter(lives.mailbox.recipients)
        assert {found[owner] for owner in owners} == mails, (tmp_path / "log").read_text()[-3000:]
        assert lives.live("last@example.com") == 0
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
            assert lives.live(owner, step) == -signal.SIGKILL
            assert lives.live(owner) == 0
        let_pass(11, lives.database)
        assert lives.live() == 0
        assert Counter(lives.mailbox.recipients) == Counter(owners)
        assert set(states(lives.database)) == {"settled"}
