"""host.json, and what the Functions host does with the app's folder."""

import json
import subprocess

from tests.tree import ROOT


def test_no_log_level() -> None:
    """A log level for everything makes `func start` print the host's system log: 400 lines."""
    assert "logLevel" not in json.loads((ROOT / "host.json").read_text())["logging"]


def test_the_folder_of_the_pets_is_there_before_the_host_looks() -> None:
    """The host restarts the app when a folder appears in it, so a checkout brings `.data/`."""
    listed = subprocess.run(
        ["git", "ls-files", ".data"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split() == [".data/.gitignore"]
