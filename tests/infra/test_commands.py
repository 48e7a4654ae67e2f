"""Every `az` line that people read or a pipeline runs, parsed by az itself."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import read, tracked
from tests.infra.azure_cli import lines
from tests.infra.azure_cli.program import complaints, installed

pytestmark = pytest.mark.infra

_COMMENT = re.compile(r"(?<=\s)#.*$", re.MULTILINE)
_AZ = re.compile(r"(?:^|[\s;&|(])az (?=[a-z])", re.MULTILINE)
# What a block may call besides az; none of it is what is tested here.
_OTHERS = ("bicep", "cd", "curl", "func", "git", "make", "openssl", "azd", "python", "sleep")
# What the steps of the workflow find in their environment.
_SETTINGS = {
    **dict.fromkeys(("RESOURCE_GROUP", "PLAN", "JWT_AUDIENCE", "APP", "URL", "MAIL_FROM"), "word"),
    **dict.fromkeys(("KEEP_SECRETS", "JWT_JWKS_URL", "JWT_SECRET", "PETSTORE_TOKEN"), ""),
}
# test_prove.py runs the commands of these with az itself.
_RUN_ELSEWHERE = ("scripts/prove/",)
_BINARY = {".png", ".gz", ".csv", ".tsv"}


def _texts() -> Iterator[tuple[Path, str]]:
    """Return every text of the tree but for the tests, which name wrong commands too."""
    for name in tracked():
        path = Path(name)
        if not name.startswith(("tests/", *_RUN_ELSEWHERE)) and path.suffix not in _BINARY:
            yield path, read(name)


def _called(block: str, folder: Path) -> list[list[str]]:
    """Run a block in a shell whose az notes its arguments and prints a word."""
    folder.mkdir()
    notes = folder / "notes"
    notes.touch()
    note = "import json, sys; print(json.dumps(sys.argv[1:]))"
    for name in ("az", *_OTHERS):
        keeping = (
            f'python3 -c {shlex.quote(note)} "$@" >>{notes}; echo word' if name == "az" else ""
        )
        (folder / name).write_text(f"#!/bin/sh\n{keeping}\n")
        (folder / name).chmod(0o755)
    ended = subprocess.run(
        ["bash", "-u", "-c", block],  # noqa: S607
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={
            **_SETTINGS,
            "PATH": f"{folder}:{os.environ['PATH']}",
            "HOME": str(folder),
            "RUNNER_TEMP": str(folder),
            "GITHUB_OUTPUT": str(folder / "output"),
        },
        stdin=subprocess.DEVNULL,
    )
    assert "command not found" not in ended.stderr, ended.stderr
    return [json.loads(line) for line in notes.read_text().splitlines()]


def test_every_az_line_is_right(tmp_path: Path) -> None:
    """The Azure CLI takes each command of each text: it knows the command and all its arguments."""
    installed()
    found = [words for path, text in _texts() for words in lines.inline(path, text)]
    blocks = [block for path, text in _texts() for block in lines.blocks(path, text)]
    for number, block in enumerate(blocks):
        called = _called(block, tmp_path / str(number))
        assert len(called) >= len(_AZ.findall(_COMMENT.sub("", block))), block
        found += called
    assert len(found) > 40
    refused = complaints(found, tmp_path)
    assert [(line, text) for line, text in zip(found, refused, strict=True) if text] == []


def test_no_az_line_is_overlooked() -> None:
    """Each place that names a command is a block, code within a sentence, or a step."""
    assert [(path, line) for path, text in _texts() for line in lines.unread(path, text)] == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.md", "Run `az group lst`.", ["group", "lst", "--help"]),
        ("a.md", "Run `az group\nlst -n x`.", ["group", "lst", "-n", "x"]),
        ("a.py", '"""Needs ``az logn``."""', ["logn", "--help"]),
        ("a.md", "1. First:\n\n   ```sh\n   az group lst\n   ```\n", None),
        ("a.yml", "jobs: {a: {steps: [{run: az group lst}]}}", None),
    ],
)
def test_a_line_is_found(name: str, text: str, found: list[str] | None) -> None:
    """A name, a line that is broken, a docstring, a block in a list and a step are all read."""
    path = Path(name)
    assert lines.inline(path, text) == ([found] if found else [])
    assert bool(lines.blocks(path, text)) is (found is None)


@pytest.mark.parametrize("text", ["First az group lst.", "    az group lst -n x", "x = 'az login'"])
def test_a_line_that_is_not_marked_is_seen(text: str) -> None:
    """A command outside of code would not be parsed: it is reported."""
    assert list(lines.unread(Path("a.md"), text)) == [text]


_WRONG = {
    "storage account keys renew --key primary": "--account-name",
    "cosmosdb sql role assignment list": "--account-name",
    "deployment group create -g petstore --tempalte-file x": "--tempalte-file",
    "deployment grop create -g petstore": "grop",
    "deployment grop create --help": "grop",
    "logn --help": "logn",
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What az says against each wrong line; for an unknown command it loads all that it has, once."""
    installed()
    said = complaints([line.split() for line in _WRONG], tmp_path_factory.mktemp("wrong"))
    return dict(zip(_WRONG, said, strict=True))


@pytest.mark.parametrize("line", _WRONG)
def test_wrong_lines_are_seen(refused: dict[str, str], line: str) -> None:
    """A missing argument, a wrong flag and a wrong command are complained of."""
    assert _WRONG[line] in refused[line]
