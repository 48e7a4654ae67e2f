"""What the tests of the proof share: programs that record and replay, and a run that is interrupted."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.tree import ROOT

HERE = ROOT / "tests/infra/azure_cli"
# As scripts/prove-in-azure runs it, but without its pauses.
WITHOUT_PAUSES = (
    "import sys; from scripts.prove.__main__ import main;"
    " sys.exit(main(sys.argv[1:], pause=lambda seconds: None))"
)
_SECONDS = 60


def put_program(folder: Path, name: str, script: str) -> None:
    """Put a program of this name into a folder of the PATH."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


class Replay:
    """The proof before what az answered in the whole run, with faults.

    Args:
        folder: for programs and notes.
        recorded: what az answered.
        token: what the API of the tests takes.
    """

    def __init__(self, folder: Path, recorded: Path, token: str) -> None:
        self.folder, self.token = folder, token
        self._lines = [json.loads(line) for line in recorded.read_text().splitlines()]
        for name in ("answers", "counts", "faults", "groups"):
            (folder / name).mkdir()
        self._write_answers()
        program = shlex.join([str(HERE / "replay.sh"), str(folder)])
        put_program(folder, "az", f'exec {program} "$@"')
        put_program(folder, "func", "echo 4.15.1")
        put_program(folder, "make", f'[ "$1" = publish ] || echo {token}')

    def fault(self, command: str, times: int, text: str) -> None:
        """Plant a fault: a command, how often it fails, and the line that it then says."""
        (self.folder / "faults" / command.replace(" ", "_")).write_text(f"{times}\n{text}\n")

    def put_group(self, name: str, owner: str) -> None:
        """Let a group be there."""
        (self.folder / "groups" / name).write_text(f"owner={owner}\n")

    def groups(self) -> dict[str, str]:
        """Return the groups that are there, with their tags."""
        return {file.name: file.read_text().strip() for file in (self.folder / "groups").iterdir()}

    def calls(self, command: str) -> list[str]:
        """Return the calls that began with these words."""
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in lines if line.startswith(command)]

    def forget_calls(self) -> None:
        """Let the next call of each command be its first."""
        (self.folder / "calls").unlink()
        for file in (self.folder / "counts").iterdir():
            file.unlink()

    def alter(self, command: str, change: Callable[[str], str]) -> None:
        """Change what was recorded of a command."""
        for line in self._lines:
            if " ".join(line["words"]).startswith(command):
                line["out"] = change(line["out"])
        self._write_answers()

    def _write_answers(self) -> None:
        counts: Counter[str] = Counter()
        for line in self._lines:
            options = (place for place, word in enumerate(line["words"]) if word.startswith("-"))
            command = "_".join(line["words"][: next(options, None)])
            answers = self.folder / "answers" / command
            answers.mkdir(exist_ok=True)
            (answers / str(counts[command])).write_text(line["out"])
            counts[command] += 1

    def interrupt(self, command: str, number: int) -> tuple[int, str]:
        """Interrupt the proof at a command, which answers after that; return code and output."""
        self.fault(command, 1, "HANG")
        process = subprocess.Popen(
            [sys.executable, "-c", WITHOUT_PAUSES, "flex", "westeurope"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        end = time.monotonic() + _SECONDS
        while not (self.folder / "hangs").exists():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
        os.killpg(process.pid, number)
        if command.startswith("group"):
            (self.folder / "go-on").touch()
        printed, _ = process.communicate(timeout=_SECONDS)
        return process.returncode, printed
