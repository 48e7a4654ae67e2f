"""Files, folders and answers that somebody prepared."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.__main__ import main
from importer.errors import BadFile
from importer.keys import import_id
from importer.refused import RefusedRows
from importer.row import Row
from importer.shown import shown
from tests.importer.running import pets_file, refused_of, run_import
from tests.importer.stand_in import always, serving

_ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b1m\r\n\u202e\u2028"


@pytest.mark.parametrize(
    "content",
    [
        f'name,species,"{_ESCAPES}"\nA,cat,x\n',
        f'name,species,"{_ESCAPES}",x\nA,cat,x,\n',
    ],
)
def test_a_hostile_header(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    """A header is shown with escapes: it moves no terminal and adds no line."""
    path = tmp_path / "pets.csv"
    path.write_text(content, encoding="utf-8", newline="")
    assert main([str(path)]) == 2
    error = capsys.readouterr().err
    assert error.removesuffix("\n").isprintable()
    assert "\\x1b]0;owned" in error


async def test_a_hostile_name(tmp_path: Path) -> None:
    """The file's own name is shown with escapes too."""
    path = pets_file(tmp_path, name=f"{_ESCAPES}.jsonl")
    async with serving(always(422)) as server:
        run = await run_import(path, server.url)
    assert run.code == 1
    assert [line for line in (run.out + run.err).splitlines() if not line.isprintable()] == []


@pytest.mark.parametrize("status", [401, 422, 503])
async def test_a_hostile_answer(tmp_path: Path, status: int) -> None:
    """What a server answers is shown without what moves a terminal."""
    async with serving(always(status, f'{{"detail": "{_ESCAPES}"}}{_ESCAPES}')) as server:
        run = await run_import(pets_file(tmp_path), server.url, "--tries", "2")
    assert [line for line in (run.out + run.err).splitlines() if not line.isprintable()] == []


def test_escapes_are_reversible() -> None:
    """Letters of every script stay, and what does not show has its code."""
    assert shown("Käthe 猫") == "Käthe 猫"
    assert shown("a\x1b\u202e\ud800") == "a\\x1b\\u202e\\ud800"


def _refuse_one(file: Path) -> RefusedRows:
    refused = RefusedRows(file)
    with refused:
        refused.add(Row(1, {"owner_email": "ada@example.com"}), 422, "No.")
    return refused


def test_a_planted_link_at_the_side_file(tmp_path: Path) -> None:
    """A link where the side file is begun or ends is replaced; what it leads to stays as it was."""
    file, victim = tmp_path / "pets.csv", tmp_path / "victim"
    victim.write_text("kept")
    for suffix in (".refused.jsonl", ".refused.jsonl.part"):
        (tmp_path / f"pets.csv{suffix}").symlink_to(victim)
    refused = _refuse_one(file)
    assert victim.read_text() == "kept"
    assert not refused.path.is_symlink()
    assert list(refused_of(file)) == [1]


def test_a_planted_link_at_the_import_id(tmp_path: Path) -> None:
    """A link where the import's id is begun is replaced too."""
    file, victim = tmp_path / "pets.csv", tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / "pets.csv.import-id.part").symlink_to(victim)
    assert import_id(file, "a" * 64) == "a" * 64
    assert victim.read_text() == "kept"
    assert import_id(file, "b" * 64) == "a" * 64


@pytest.mark.parametrize("create", [Path.mkdir, os.mkfifo])
def test_another_kind_of_file_at_the_import_id(
    tmp_path: Path, create: Callable[[Path], None]
) -> None:
    """A folder or a pipe where the id is kept ends the run; where it is written it is in no way."""
    file = tmp_path / "pets.csv"
    create(tmp_path / "pets.csv.import-id.part")
    assert import_id(file, "a" * 64) == "a" * 64
    (tmp_path / "pets.csv.import-id").unlink(missing_ok=True)
    create(tmp_path / "pets.csv.import-id")
    with pytest.raises(BadFile, match="not a regular file"):
        import_id(file, "a" * 64)


def test_the_side_file_is_private(tmp_path: Path) -> None:
    """The side file holds addresses: nobody else reads it, whatever the umask and an older file say."""
    file = tmp_path / "pets.csv"
    (tmp_path / "pets.csv.refused.jsonl").touch(mode=0o666)
    old = os.umask(0)
    try:
        refused = _refuse_one(file)
    finally:
        os.umask(old)
    assert stat.S_IMODE(refused.path.stat().st_mode) == 0o600
