"""What README shows is what happens."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.server import ROOT, started

if sys.version_info < (3, 13):
    pytest.skip("SKIPPED: the dev host runs on Python 3.13 and later", allow_module_level=True)

_README = (ROOT / "README.md").read_text()
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")


def _examples() -> list[tuple[str, str]]:
    """Give the commands of the README's console blocks, each with the output shown below it."""
    blocks = re.findall(r"```console\n(.*?)```", _README, re.DOTALL)
    steps = [step for block in blocks for step in block.split("$ ")[1:]]
    return [(command, output) for command, _, output in (step.partition("\n") for step in steps)]


def _neutral(text: str) -> str:
    return _TIME.sub("TIME", _ID.sub("ID", text)).strip()


def test_the_examples(tmp_path: Path) -> None:
    """Each command of the first screen gives the answer that is shown, but for ids and times."""
    examples = _examples()
    assert len(examples) >= 5
    with started(tmp_path) as server:
        pet_id = ""
        for command, shown in examples:
            here = _ID.sub(pet_id, command.replace(":7071", f":{server.port}"))
            result = subprocess.run(  # noqa: S602 - the README's own commands
                here,
                shell=True,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=True,
                timeout=20,
            )
            assert _neutral(result.stdout) == _neutral(shown), command
            if not pet_id and (found := _ID.search(result.stdout)):
                pet_id = found[0]


def test_the_make_targets() -> None:
    """Every `make` command that the README names is in the menu."""
    menu = subprocess.run(
        ["make"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z0-9-]*)", _README, re.MULTILINE))
    assert {"start", "test"} <= named
    assert named <= set(re.findall(r"^  make (\S+)", menu, re.MULTILINE))
