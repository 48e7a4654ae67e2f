"""Lists on SQLite: each filter has its index, and a slow list holds up nothing else."""

import asyncio
import resource
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace as with_changes
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from petstore.errors import StoreUnavailable
from petstore.ids import new_id
from petstore.repository.port import PetQuery
from petstore.repository.sqlite.pets import list_statement
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.samples import a_pet, closing

_FILTERS: dict[str, Any] = {
    "species": "dog",
    "status": "sold",
    "tag": "good",
    "name_prefix": "re",
    "owner_id": "ada",
    "buyer_id": "bob",
    "after": new_id(),
}
_COMBINATIONS = [
    chosen
    for count in range(len(_FILTERS) + 1)
    for chosen in combinations(_FILTERS, count)
    if not {"owner_id", "buyer_id"} <= {*chosen}  # no list asks for both
]
_PETS = 2_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store."""
    async with closing(SqliteStore(tmp_path / "pets.db")) as store:
        yield store


def _plan(store: SqliteStore, query: PetQuery) -> list[str]:
    values = {**vars(query), "name_end": "rf"}
    rows = store._file.read(f"EXPLAIN QUERY PLAN {list_statement(query)}", values)
    return [str(row[3]) for row in rows]


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("chosen", _COMBINATIONS, ids="+".join)
def test_each_combination_has_an_index(
    store: SqliteStore, chosen: tuple[str, ...], *, newest_first: bool
) -> None:
    """No filter, alone or with others, reads the whole table, and only a prefix needs sorting."""
    query = PetQuery(newest_first=newest_first, **{name: _FILTERS[name] for name in chosen})
    plan = _plan(store, query)
    outer, *inner = plan
    assert outer.startswith("SEARCH pets USING PRIMARY KEY (id=?")
    if chosen:
        assert not [step for step in plan if step.startswith("SCAN")]
    else:
        assert [step for step in inner if step.startswith("SCAN")] in (
            ["SCAN pets"], ["SCAN pets USING COVERING INDEX sqlite_autoindex_pets_1"]
        )  # fmt: skip
    for step in inner:
        if step.startswith("SEARCH pets USING") and "PRIMARY KEY" not in step:
            assert "COVERING INDEX" in step
    leads_by_name = "name_prefix" in chosen and not {"owner_id", "buyer_id", "tag"} & set(chosen)
    assert ("USE TEMP B-TREE FOR ORDER BY" in inner) is leads_by_name


@pytest.mark.parametrize("chosen", _COMBINATIONS, ids="+".join)
async def test_what_matches_nothing_is_found_out_quickly(
    big_store: SqliteStore, chosen: tuple[str, ...]
) -> None:
    """A filter that no pet passes costs a fraction of the table, counted in SQLite's own steps."""
    rare: dict[str, Any] = {**_FILTERS, "tag": "zzz", "name_prefix": "zzz", "species": "zzz"}
    rare["owner_id"] = rare["buyer_id"] = "zzz"
    if not set(chosen) & {"tag", "name_prefix", "species", "owner_id", "buyer_id"}:
        return
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        ticks += 1

    query = PetQuery(**{name: rare[name] for name in chosen})
    big_store._file._searcher.set_progress_handler(tick, 100)
    page = await big_store.pets.find(query)
    big_store._file._searcher.set_progress_handler(None, 0)
    assert page.items == []
    assert ticks * 100 < _PETS


@pytest.fixture(scope="module")
async def big_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    """A store of 2,000 pets that are all alike."""
    path = tmp_path_factory.mktemp("big") / "pets.db"
    async with closing(SqliteStore(path)) as store:
        store._file._writer.execute("PRAGMA synchronous = OFF")
        for _ in range(_PETS):
            await store.pets.add(a_pet(name="Rex", status="sold", tags=["good"], owner_id="ada"))
        yield store


@pytest.mark.parametrize(
    ("names", "prefix", "found"),
    [
        (["a", "ab", "abc", "ac", "b"], "ab", ["ab", "abc"]),
        (["a\ud7ff", "a\ue000", "a\ud7ffb"], "a\ud7ff", ["a\ud7ff", "a\ud7ffb"]),
        (["a\U0010ffff", "a\U0010ffffb", "b"], "a\U0010ffff", ["a\U0010ffff", "a\U0010ffffb"]),
        (["\U0010ffff", "\U0010ffff" * 9, "b"], "\U0010ffff", ["\U0010ffff", "\U0010ffff" * 9]),
        (["%", "_", "%a"], "%", ["%", "%a"]),
    ],
)
async def test_prefixes(
    store: SqliteStore, names: list[str], prefix: str, found: list[str]
) -> None:
    """A range of names is the prefix, also next to the ends of Unicode."""
    for name in names:
        await store.pets.add(a_pet(name=name))
    page = await store.pets.find(PetQuery(name_prefix=prefix, newest_first=False))
    assert [pet.name for pet in page.items] == found


async def test_tags_follow_their_pets(store: SqliteStore) -> None:
    """The index of tags has a row for each tag of each pet that is there, and no other."""
    one = await store.pets.add(a_pet(tags=["a", "b", "b"]))
    other = await store.pets.add(a_pet(tags=["b"]))
    await store.pets.replace(with_changes(one.value, tags=["b", "c"]))
    await store.pets.remove(other.value.id)
    rows = store._file.read("SELECT tag_key FROM pet_tags ORDER BY 1")
    assert rows == [("b",), ("c",)]


async def test_a_slow_list_holds_up_nothing_else(store: SqliteStore) -> None:
    """While a list is being searched the loop runs on, and single pets are read and written."""
    added = await store.pets.add(a_pet())
    searching, going = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold() -> int:
        loop.call_soon_threadsafe(searching.set)
        going.wait(timeout=30)
        return 0

    store._file._searcher.set_progress_handler(hold, 1)
    lists = asyncio.gather(*(store.pets.find(PetQuery()) for _ in range(3)))
    await searching.wait()
    assert await store.pets.get(added.value.id) == added
    await store.pets.add(a_pet())
    await store.ping()
    assert not lists.done()
    going.set()
    assert all(page.items for page in await lists)


async def test_lists_that_wait_too_long(store: SqliteStore) -> None:
    """Whoever waits behind slow lists is told in time that the store is busy."""
    free = time.monotonic() + 3

    def hold() -> int:
        time.sleep(max(0, free - time.monotonic()))
        return 0

    store._file._searcher.set_progress_handler(hold, 1)
    begun = time.monotonic()
    outcomes = await asyncio.gather(
        *(store.pets.find(PetQuery()) for _ in range(3)), return_exceptions=True
    )
    assert time.monotonic() - begun < 5
    assert [isinstance(outcome, StoreUnavailable) for outcome in outcomes] == [False, True, True]


async def test_ready_knows_that_nothing_can_be_written(store: SqliteStore) -> None:
    """A full disk, on which reads go on, is found by the sign of life; and so is its end."""
    added = await store.pets.add(a_pet())
    await store.ping()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))  # the kernel refuses longer files
    try:
        assert await store.pets.get(added.value.id) == added
        with pytest.raises(StoreUnavailable):
            await store.pets.add(a_pet())
        with pytest.raises(StoreUnavailable):
            await store.ping()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    await store.ping()
    await store.pets.add(a_pet())


async def test_ready_knows_that_the_file_is_read_only(store: SqliteStore) -> None:
    """A database that takes no writes fails the sign of life."""
    await store.ping()
    store._file._writer.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailable):
        await store.ping()


async def test_a_sign_of_life_changes_nothing(store: SqliteStore, tmp_path: Path) -> None:
    """However often it is asked, the file holds what it held, and does not grow."""
    await store.pets.add(a_pet())
    for _ in range(2_000):
        await store.ping()
    assert (tmp_path / "pets.db-wal").stat().st_size < 8_000_000
    with sqlite3.connect(tmp_path / "pets.db", autocommit=True) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()
