"""What the tests of the proof share: programs that record and replay, and a run that is interrupted."""

import json
import os
import shlex
import subprocess
import sys
import time
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
        (folder / "recorded").write_bytes(recorded.read_bytes())
        program = map(shlex.quote, map(str, (sys.executable, "-ISE", HERE / "replay.py", folder)))
        put_program(folder, "az", f'exec {" ".join(program)} "$@"')
        put_program(folder, "func", "echo 4.15.1")
        put_program(folder, "make", f'[ "$1" = publish ] || echo {token}')
        self.faults()

    def faults(self, *faults: tuple[str, int, str]) -> None:
        """Plant faults: a command's words, how often it fails, what it then says."""
        (self.folder / "faults.json").write_text(json.dumps(faults))

    def groups(self) -> dict[str, dict[str, str]]:
        """Return the groups that are there, with their tags."""
        file = self.folder / "groups.json"
        found: dict[str, dict[str, str]] = json.loads(file.read_text()) if file.exists() else {}
        return found

    def calls(self, command: str) -> list[str]:
        """Return the calls that began with these words."""
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        words = (" ".join(json.loads(line)) for line in lines)
        return [line for line in words if line.startswith(command)]

    def alter(self, command: str, change: Callable[[str], str]) -> None:
        """Change what was recorded of a command."""
        file = self.folder / "recorded"
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        for line in lines:
            if " ".join(line["words"]).startswith(command):
                line["out"] = change(line["out"])
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    def interrupt(self, command: str, number: int) -> tuple[int, str]:
        """Interrupt the proof at a command, which answers after that; return code and output."""
        self.faults((command, 1, "HANG"))
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
