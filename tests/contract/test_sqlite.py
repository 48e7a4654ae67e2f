"""What the SQLite store promises beyond the contract: its file outlives everything."""

import asyncio
import gc
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing as closing_now
from contextlib import contextmanager
from pathlib import Path

import pytest

from petstore.errors import AlreadyExists, NotFound, StoreUnavailable, VersionConflict
from petstore.repository.port import PetQuery, Stored
from petstore.repository.sqlite import schema
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.samples import a_pet, closing
from tests.tree import ROOT

# Adds pets for ever; prints the id of each when the store has acknowledged it.
_WRITER = """
import asyncio, sys
from pathlib import Path
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.samples import a_pet

async def write_on(store):
    while True:
        added = await store.pets.add(a_pet(description="x" * 2000))
        print(added.value.id, flush=True)

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    await asyncio.gather(*(write_on(store) for _ in range(4)))

asyncio.run(main())
"""

# Replaces one pet with one version; prints whether that was done.
_RIVAL = """
import asyncio, sys
from pathlib import Path
from petstore.errors import VersionConflict
from petstore.repository.sqlite.store import SqliteStore

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    current = await store.pets.get(sys.argv[2])
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        await store.pets.replace(current.value, sys.argv[3])
        print("won")
    except VersionConflict:
        print("lost")
    await store.close()

asyncio.run(main())
"""

# Holds the file's write lock until its input ends.
_LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in a folder, neither of which exists yet."""
    return tmp_path / "new" / "pets.db"


async def test_kept_across_reopening(path: Path) -> None:
    """What was stored is there when the file is opened again, with its version."""
    async with closing(SqliteStore(path)) as store:
        added = await store.pets.add(a_pet(tags=["x"]))
    async with closing(SqliteStore(path)) as store:
        assert await store.pets.get(added.value.id) == added
        assert list((await store.pets.find(PetQuery(tag="x"))).items) == [added.value]


async def test_two_stores_on_one_file(path: Path) -> None:
    """Two stores see each other's writes at once and guard each other's versions."""
    async with closing(SqliteStore(path)) as one, closing(SqliteStore(path)) as other:
        added = await one.pets.add(a_pet())
        assert await other.pets.get(added.value.id) == added
        with pytest.raises(AlreadyExists):
            await other.pets.add(added.value)
        await other.pets.replace(added.value, added.version)
        with pytest.raises(VersionConflict):
            await one.pets.replace(added.value, added.version)
        await one.pets.remove(added.value.id)
        with pytest.raises(NotFound):
            await other.pets.get(added.value.id)


async def test_one_of_several_processes_wins(path: Path) -> None:
    """Of four processes that replace one version at the same time exactly one does."""
    async with closing(SqliteStore(path)) as store:
        added = await store.pets.add(a_pet())
    arguments = (str(path), added.value.id, added.version)
    rivals = [_start(_RIVAL, *arguments) for _ in range(4)]
    assert [_line(rival) for rival in rivals] == ["ready"] * 4
    outcomes = [rival.communicate("go\n", timeout=30)[0].strip() for rival in rivals]
    assert sorted(outcomes) == ["lost", "lost", "lost", "won"]


async def test_killed_while_writing(path: Path) -> None:
    """A killed process loses nothing that it had acknowledged, and leaves a sound file."""
    with _start(_WRITER, str(path)) as writer:
        acknowledged = {_line(writer) for _ in range(50)}
        writer.kill()
        # Not communicate(), which passes over what readline() has read ahead.
        assert writer.stdout is not None
        acknowledged |= set(writer.stdout.read().split("\n")[:-1])
    with closing_now(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = {pet_id for (pet_id,) in file.execute("SELECT id FROM pets")}
    assert acknowledged <= kept
    assert len(kept) <= len(acknowledged) + 4  # what was under way may be there or not
    async with closing(SqliteStore(path)) as store:
        await store.pets.get(acknowledged.pop())
        await store.pets.add(a_pet())


async def test_writes_while_another_process_holds_the_file(path: Path) -> None:
    """However many writes wait for a locked file, each fails within 5 seconds; reads go on."""
    async with closing(SqliteStore(path)) as store:
        added = await store.pets.add(a_pet())
        with _hold_lock(path):
            started = time.monotonic()
            writes = [store.pets.add(a_pet()) for _ in range(10)]
            outcomes = await asyncio.gather(*writes, return_exceptions=True)
            assert time.monotonic() - started < 5
            assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
            assert await store.pets.get(added.value.id) == added
        assert isinstance(await store.pets.add(a_pet()), Stored)
        assert len((await store.pets.find(PetQuery())).items) == 2


async def test_opening_while_another_process_holds_the_file(path: Path) -> None:
    """A file that nobody else may touch is unavailable, within 5 seconds and without leftovers."""
    async with closing(SqliteStore(path)) as store:
        added = await store.pets.add(a_pet())
    with _hold_lock(path, "PRAGMA locking_mode = EXCLUSIVE"):
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            SqliteStore(path)
        assert time.monotonic() - started < 5
    gc.collect()
    async with closing(SqliteStore(path)) as store:
        assert await store.pets.get(added.value.id) == added


def test_file_that_is_no_database(path: Path) -> None:
    """A file of something else is unavailable and stays as it is."""
    path.parent.mkdir()
    path.write_text("not a database, but somebody's text " * 100)
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match=r"not a database.*PETSTORE_SQLITE_PATH") as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value)
    gc.collect()
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [0, len(schema.STEPS), len(schema.STEPS) + 1])
def test_file_of_another_program(path: Path, version: int) -> None:
    """A SQLite file with other tables is refused, whatever its version, and stays as it is."""
    path.parent.mkdir()
    with closing_now(sqlite3.connect(path, autocommit=True)) as file:
        file.execute("CREATE TABLE songs (title)")
        file.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="of another program") as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value)
    gc.collect()
    assert path.read_bytes() == before


def test_a_folder_in_place_of_the_file(path: Path) -> None:
    """A folder is called one, with its path and what to do."""
    path.mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match=r"is a folder.*PETSTORE_SQLITE_PATH") as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value)


def test_a_file_in_use(path: Path) -> None:
    """A file that another process holds is not said to be damaged: nobody should move it away."""
    path.parent.mkdir()
    with closing_now(sqlite3.connect(path, autocommit=True)) as file:
        file.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="in use by another process") as caught:
            SqliteStore(path)
    assert "Move" not in str(caught.value)


async def test_file_that_breaks_later(path: Path) -> None:
    """A file that is destroyed under a running store is unavailable, never a wrong answer."""
    async with closing(SqliteStore(path)) as store:
        pets = [(await store.pets.add(a_pet(description="x" * 2000))).value for _ in range(50)]
    _spoil(path)
    async with closing(SqliteStore(path)) as store:
        with pytest.raises(StoreUnavailable):
            await store.pets.get(pets[0].id)
        with pytest.raises(StoreUnavailable):
            await store.pets.find(PetQuery())
        with pytest.raises(StoreUnavailable):
            await store.pets.add(a_pet())


@pytest.mark.parametrize("taken_by", ["file", "folder"])
async def test_place_where_no_file_can_be(tmp_path: Path, taken_by: str) -> None:
    """A path that cannot be a file is unavailable."""
    place = tmp_path / "taken"
    if taken_by == "file":
        place.write_text("a file, so no folder")
        place /= "pets.db"
    else:
        place.mkdir()
    with pytest.raises(StoreUnavailable):
        SqliteStore(place)
    gc.collect()


async def test_caller_that_goes_away(path: Path) -> None:
    """A write that has begun is done even when nobody waits for it any more."""
    pet = a_pet()
    async with closing(SqliteStore(path)) as store:
        write = asyncio.ensure_future(store.pets.add(pet))
        await asyncio.sleep(0)
        write.cancel()
        with pytest.raises(asyncio.CancelledError):
            await write
    async with closing(SqliteStore(path)) as store:
        assert (await store.pets.get(pet.id)).value == pet


def _spoil(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


@contextmanager
def _hold_lock(path: Path, first: str = "SELECT 1") -> Iterator[None]:
    locker = _start(_LOCKER, str(path), first)
    try:
        assert _line(locker) == "locked"
        yield
    finally:
        locker.communicate(timeout=30)


def _start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
