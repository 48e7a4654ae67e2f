"""Who may read the files of the embedded store: they hold owners' addresses."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from petstore.repository.sqlite.private import keep_private
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.samples import a_pet, closing


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """Let new files be open to everybody, where nobody says otherwise."""
    old = os.umask(0)
    yield
    os.umask(old)


def _open_to_all(folder: Path) -> None:
    folder.chmod(0o777)
    for path in folder.iterdir():
        path.chmod(0o644)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: _mode(path) for path in folder.iterdir()}


async def test_new_files(tmp_path: Path) -> None:
    """A new database, what SQLite puts next to it, and a new folder are their user's alone."""
    path = tmp_path / "data/inner/pets.db"
    async with closing(SqliteStore(path)) as store:
        await store.pets.add(a_pet())
        modes = _modes(path.parent)
        assert modes == {"pets.db": 0o600, "pets.db-wal": 0o600, "pets.db-shm": 0o600}
        assert _mode(path.parent) == 0o700


async def test_files_of_an_older_release(tmp_path: Path) -> None:
    """Files that others may read are taken from them, and the pets are still there."""
    path = tmp_path / "pets.db"
    async with closing(SqliteStore(path)) as store:
        pet = await store.pets.add(a_pet())
        _open_to_all(tmp_path)
        async with closing(SqliteStore(path)) as second:
            assert set(_modes(tmp_path).values()) == {0o600}
            assert await second.pets.get(pet.value.id) == pet


async def test_a_folder_that_is_there(tmp_path: Path) -> None:
    """A folder that was there, such as /tmp, keeps its mode."""
    _open_to_all(tmp_path)
    async with closing(SqliteStore(tmp_path / "pets.db")):
        assert _mode(tmp_path) == 0o777


def test_a_file_that_cannot_be_written_to_stays_so(tmp_path: Path) -> None:
    """Rights are taken away, never given."""
    path = tmp_path / "pets.db"
    path.touch(0o444)
    keep_private(path)
    assert _modes(tmp_path) == {"pets.db": 0o400}
