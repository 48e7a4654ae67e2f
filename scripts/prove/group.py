"""The resource group of a proof: created for it, and deleted with all that is in it."""

import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scripts.prove.commands import Failed, az

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TAG = "petstore-proof"
_TRIES = 4
# Seconds in which Ctrl-C has to wait for an answer.
_SHORT = 120


class Group:
    """A group with a name that nobody else has.

    Args:
        location: Azure region.
        pause: waits for a number of seconds.
    """

    def __init__(self, location: str, pause: Callable[[float], None]) -> None:
        self.name = f"petstore-proof-{secrets.token_hex(4)}"
        self._run = secrets.token_hex(8)
        self._location = location
        self._pause = pause
        self._is_begun = False

    def create(self) -> None:
        """Create the group, with a tag that only this run knows.

        Raises:
            Failed: there is a group of this name, or Azure refused.
        """
        if az("group", "exists", "-n", self.name) is not False:
            raise Failed(f"{self.name} exists already and is left alone")
        tag = f"{_TAG}={self._run}"
        # An interrupted call could leave a group that is created after the look for it.
        self._is_begun = True
        with uninterrupted():
            az(
                "group",
                "create",
                "-n",
                self.name,
                "-l",
                self._location,
                "--tags",
                tag,
                patience=_SHORT,
            )

    def delete(self) -> None:
        """Delete the group that was created, with this run's tag; return when it is gone.

        Raises:
            Failed: it is still there after several tries, or carries another tag.
        """
        for left in reversed(range(_TRIES)):
            try:
                if not self._is_begun or self._is_gone():
                    return
                self._delete()
            except Failed as error:
                if not left:
                    raise
                print(error, file=sys.stderr)
                self._pause(60)
        if not self._is_gone():
            raise Failed("Azure still shows the group")

    def _delete(self) -> None:
        """Ask for the deletion, which then goes on without this program, and wait for its end."""
        with uninterrupted():
            az("group", "delete", "-n", self.name, "--yes", "--no-wait", patience=_SHORT)
        az("group", "wait", "-n", self.name, "--deleted")

    def _is_gone(self) -> bool:
        if az("group", "exists", "-n", self.name) is False:
            return True
        tags = az("group", "show", "-n", self.name, "--query", "tags")
        if (tags or {}).get(_TAG) != self._run:
            raise Failed(f"{self.name} does not carry this run's tag and is left alone")
        return False


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let signals wait until the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
