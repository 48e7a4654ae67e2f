"""Every `az` line of the documents, parsed by az itself: a wrong flag fails here, not at a user's."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.infra.azure_cli.program import complaints, installed
from tests.tree import ROOT

pytestmark = pytest.mark.infra

_DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(az [^`\n]+)`")
_AZ = re.compile(r"(?:^|[\s;&|(])az (?=[a-z])", re.MULTILINE)
_COMMENT = re.compile(r"(?<=\s)#.*$", re.MULTILINE)
# What a block may call besides az; none of it is what is tested here.
_OTHERS = ("bicep", "cd", "curl", "func", "git", "make", "openssl", "azd", "python")
# Prose may name a command without its arguments, which no parser takes.
_NAMED = {"az login", "az bicep", "az deployment group create", "az group delete"}


def _blocks() -> list[str]:
    texts = [path.read_text() for path in _DOCUMENTS]
    return [block for text in texts for block in _BLOCK.findall(text) if _AZ.search(block)]


def _inline() -> list[str]:
    texts = [_BLOCK.sub("", path.read_text()) for path in _DOCUMENTS]
    found = [line for text in texts for line in _INLINE.findall(text) if "..." not in line]
    return [line for line in found if line not in _NAMED]


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
        env={"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
    )
    assert "command not found" not in ended.stderr, ended.stderr
    return [json.loads(line) for line in notes.read_text().splitlines()]


def test_every_az_line_is_right(tmp_path: Path) -> None:
    """The Azure CLI takes each command of each document: it knows the command and all its arguments."""
    installed()
    lines = [shlex.split(line)[1:] for line in _inline()]
    for number, block in enumerate(_blocks()):
        called = _called(block, tmp_path / str(number))
        assert len(called) >= len(_AZ.findall(_COMMENT.sub("", block))), block
        lines += called
    assert len(lines) > 20
    said = complaints(lines, tmp_path)
    assert [(line, text) for line, text in zip(lines, said, strict=True) if text] == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("storage account keys renew --key primary", "--account-name"),
        ("cosmosdb sql role assignment list", "--account-name"),
        ("deployment group create -g petstore --tempalte-file x", "--tempalte-file"),
        ("deployment grop create -g petstore", "grop"),
    ],
)
def test_wrong_lines_are_seen(tmp_path: Path, line: str, reason: str) -> None:
    """A missing argument, a wrong flag and a wrong command are complained of."""
    installed()
    (said,) = complaints([line.split()], tmp_path)
    assert reason in said
