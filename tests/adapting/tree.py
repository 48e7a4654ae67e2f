"""A copy of the tree, edits of it, and the checks that are run in it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.documents import read, tracked
from tests.tree import ROOT

_QUICK = "not cosmos and not two_partitions and not emulator and not azurite"


@dataclass(frozen=True)
class Edit:
    """One place that is changed.

    Attributes:
        path: the file.
        old: a text that occurs in it once.
        new: what is written instead.
    """

    path: str
    old: str
    new: str


def after(path: str, line: str, *more: str) -> Edit:
    """Return the edit that writes lines below a line."""
    return Edit(path, f"{line}\n", "".join(f"{one}\n" for one in (line, *more)))


def before(path: str, line: str, *more: str) -> Edit:
    """Return the edit that writes lines above a line."""
    return Edit(path, f"{line}\n", "".join(f"{one}\n" for one in (*more, line)))


def cut(path: str, begin: str, end: str | None = None) -> Edit:
    """Return the edit that removes what stands from one text up to another, or to the end."""
    text = read(path)
    start = text.index(begin)
    return Edit(path, text[start : None if end is None else text.index(end, start)], "")


def copy_tree(folder: Path) -> None:
    """Copy the tracked files into a folder that git knows as its own."""
    for name in tracked():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    run(folder, "git", "init", "--quiet")
    run(folder, "git", "add", "--all")


def apply(folder: Path, edit: Edit) -> None:
    """Apply an edit."""
    file = folder / edit.path
    text = file.read_text()
    assert text.count(edit.old) == 1, f"{edit.path} has {text.count(edit.old)} x {edit.old!r}"
    file.write_text(text.replace(edit.old, edit.new))


def delete(folder: Path, name: str) -> None:
    """Delete a file or a folder, which must be there."""
    path = folder / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def run(folder: Path, *command: str | Path) -> None:
    """Run a command in the copy; its output is shown when it fails."""
    environment = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]


def python(folder: Path, *arguments: str) -> None:
    """Run a module or a program on this Python."""
    run(folder, sys.executable, *arguments)


def run_tests(folder: Path, *arguments: str, only: str = _QUICK) -> None:
    """Run tests in the copy, on SQLite alone unless others are named."""
    run(folder, "git", "add", "--all")
    python(folder, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", only, *arguments)
