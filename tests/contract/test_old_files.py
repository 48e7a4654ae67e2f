"""A file of an older release is brought up to date when it is opened, whole or not at all."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing as closing_now
from datetime import UTC, datetime
from pathlib import Path

import pytest

from petstore.errors import NotAvailable, StoreUnavailable
from petstore.events import LATEST
from petstore.identity import Caller
from petstore.orders import Orders
from petstore.pet import Pet
from petstore.pets import Pets
from petstore.repository.documents import PET
from petstore.repository.port import Claim, PetQuery
from petstore.repository.sqlite import schema
from petstore.repository.sqlite.store import SqliteStore
from tests.contract.samples import a_pet, closing, pet_created
from tests.tree import ROOT

# The tables of the release before the file had a version.
_FIRST_TABLES = """
CREATE TABLE pets (
    id TEXT PRIMARY KEY, version TEXT NOT NULL, pet TEXT NOT NULL, species_key TEXT NOT NULL,
    status TEXT NOT NULL, name_key TEXT NOT NULL, tag_keys TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE idempotency (
    id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, pet_id TEXT NOT NULL, version TEXT,
    claimed_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX idempotency_claimed ON idempotency (claimed_at);
CREATE TABLE events (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, pet_id TEXT NOT NULL, owner_email TEXT NOT NULL,
    occurred_at TEXT NOT NULL, state TEXT NOT NULL, since TEXT NOT NULL, due_at TEXT,
    version TEXT NOT NULL, changed_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX events_due ON events (due_at);
CREATE INDEX events_changed ON events (changed_at);
"""
_OPENING = """
import sys
from pathlib import Path
from petstore.repository.sqlite.store import SqliteStore
SqliteStore(Path(sys.argv[1]))
"""

_PETS = [
    a_pet(name="Zoë", tags=["Old", "good"], owner_id="ada", owner_email="ada@example.com"),
    a_pet(name='"Q"', species="Cat", status="sold", description="two\nlines"),
]
_CLAIM = Claim("c" * 64, "f" * 64, _PETS[0].id, "v0")
_EVENT = pet_created(_PETS[0].id, "ada@example.com", datetime(2026, 11, 25, tzinfo=UTC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as the first release left it."""
    path = tmp_path / "pets.db"
    with closing_now(sqlite3.connect(path, autocommit=True)) as file:
        file.executescript(_FIRST_TABLES)
        for number, pet in enumerate(_PETS):
            file.execute(
                "INSERT INTO pets VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    pet.id,
                    f"v{number}",
                    json.dumps(PET.write(pet)),
                    pet.species.casefold(),
                    pet.status,
                    pet.name.casefold(),
                    json.dumps([tag.casefold() for tag in pet.tags]),
                ),
            )
        file.execute(
            "INSERT INTO idempotency VALUES (?, ?, ?, ?, unixepoch())",
            (*vars(_CLAIM).values(),)[:4],
        )
        file.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'e0', unixepoch())",
            (*vars(_EVENT).values(),)[:8],
        )
    return path


def _exit_codes_of_openers(count: int, path: Path) -> list[int]:
    command = [sys.executable, "-c", _OPENING, str(path)]
    openers = [subprocess.Popen(command, cwd=ROOT) for _ in range(count)]
    return [opener.wait(timeout=60) for opener in openers]


async def _assert_whole(store: SqliteStore) -> None:
    for number, pet in enumerate(_PETS):
        kept = await store.pets.get(pet.id)
        assert (kept.value, kept.version) == (pet, f"v{number}")
    assert (await store.claims.get(_CLAIM.id)).value == _CLAIM
    (due,) = await store.events.due(LATEST, 10)
    assert (due.value, due.version) == (_EVENT, "e0")


async def _find(store: SqliteStore, query: PetQuery) -> list[Pet]:
    return list((await store.pets.find(query)).items)


async def test_nothing_is_lost(path: Path) -> None:
    """Pets, keys and events of an older release are there, with their versions; filters find them."""
    async with closing(SqliteStore(path)) as store:
        await _assert_whole(store)
        assert await _find(store, PetQuery(tag="old")) == [_PETS[0]]
        assert await _find(store, PetQuery(owner_id="ada")) == [_PETS[0]]
        assert await _find(store, PetQuery(status="sold", species="cat")) == [_PETS[1]]
        await store.pets.replace(_PETS[0], "v0")
    async with closing(SqliteStore(path)) as store:
        assert (await store.pets.get(_PETS[0].id)).version != "v0"


async def test_broken_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of the tables that breaks off leaves the file as it was; the next one is done."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "STEPS", (*schema.STEPS, "DROP TABLE missing;"))
        with pytest.raises(StoreUnavailable, match="no such table: missing"):
            SqliteStore(path)
    with closing_now(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM idempotency").fetchone() == (1,)
    async with closing(SqliteStore(path)) as store:
        await _assert_whole(store)


async def test_several_at_once(path: Path) -> None:
    """Of four processes that open an old file at the same time one changes it, all can use it."""
    assert _exit_codes_of_openers(4, path) == [0] * 4
    async with closing(SqliteStore(path)) as store:
        await _assert_whole(store)


def test_a_file_of_a_newer_release(path: Path) -> None:
    """A file whose tables this release does not know is refused, and stays as it is."""
    with closing_now(sqlite3.connect(path, autocommit=True)) as file:
        file.execute(f"PRAGMA user_version = {len(schema.STEPS) + 1}")
    with pytest.raises(StoreUnavailable, match="newer release"):
        SqliteStore(path)
    with closing_now(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM pets").fetchone() == (2,)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A file that the first release wrote itself, a moment ago."""
    path = tmp_path / "pets.db"
    with closing_now(sqlite3.connect(path, autocommit=True)) as file:
        file.executescript((ROOT / "tests/contract/old_files/first_release.sql").read_text("utf-8"))
        file.execute("UPDATE idempotency SET claimed_at = unixepoch()")
        file.execute("UPDATE events SET changed_at = unixepoch()")
    return path


async def test_what_the_first_release_wrote(written: Path) -> None:
    """Pets, owners, times and versions are there; filters, keys and events go on working."""
    async with closing(SqliteStore(written)) as store:
        pets = await _find(store, PetQuery(newest_first=False))
        assert [pet.name for pet in pets] == ["Zoë", "Bo", "Rex", "Kim"]
        zoe, bo, *_ = pets
        assert (zoe.tags, zoe.owner_email, zoe.owner_id, zoe.order) == (
            *(["Soft", "OLD"], "ada@example.com"),
            *("ada", None),
        )
        assert (bo.description, bo.created_at != bo.updated_at) == ("changed", True)
        assert await _find(store, PetQuery(tag="soft", species="cat")) == [zoe]
        assert await _find(store, PetQuery(owner_id="bob")) == [bo]
        (due,) = await store.events.due(LATEST, 10)
        assert due.value.pet_id == zoe.id
        assert await store.pets.count() == {"available": 2, "pending": 1, "sold": 1}


async def test_a_key_of_the_first_release(written: Path) -> None:
    """A request that the first release answered is replayed, with the first version."""
    body = {
        "name": "Zoë",
        "species": "Cat",
        "breed": "tabby",
        "description": "two\nlines",
        "birth_date": "2024-02-29",
        "tags": ["Soft", "OLD"],
        "photo_urls": ["https://example.com/a.jpg"],
        "owner_email": "ada@example.com",
    }
    async with closing(SqliteStore(written)) as store:
        created = await Pets(store, Caller("ada")).create(body, "k1")
        assert created.replayed
        assert created.stored == await store.pets.get(created.stored.value.id)


async def test_orders_on_what_the_first_release_wrote(written: Path) -> None:
    """Its pets are ordered, found by their buyer and counted; those that are not for sale are not."""
    async with closing(SqliteStore(written)) as store:
        zoe, bo, rex, _ = await _find(store, PetQuery(newest_first=False))
        await Orders(store, Caller("bob")).place(zoe.id, {})
        assert [pet.id for pet in await _find(store, PetQuery(buyer_id="bob"))] == [zoe.id]
        for pet in (bo, rex):
            with pytest.raises(NotAvailable):
                await Orders(store, Caller("eve")).place(pet.id, {})
        assert await store.pets.count() == {"available": 1, "pending": 2, "sold": 1}


async def test_a_file_of_the_release_before_orders(tmp_path: Path) -> None:
    """Pets of a release without orders are there, can be ordered, and are found by their buyer."""
    path = tmp_path / "pets.db"
    with closing_now(sqlite3.connect(path, autocommit=True)) as file:
        for step in schema.STEPS[:2]:
            file.executescript(step)
        file.execute("PRAGMA user_version = 2")
        for pet in _PETS:
            document = PET.write(pet)
            del document["order"]
            file.execute(
                "INSERT INTO pets VALUES (?, 'v', ?, ?, ?, '[]', ?, ?)",
                (pet.id, json.dumps(document), "dog", "rex", pet.status, pet.owner_id),
            )
    async with closing(SqliteStore(path)) as store:
        assert [(await store.pets.get(pet.id)).value for pet in _PETS] == _PETS
        await Orders(store, Caller("bob")).place(_PETS[0].id, {})
        assert [pet.id for pet in await _find(store, PetQuery(buyer_id="bob"))] == [_PETS[0].id]
        assert await store.pets.count() == {"available": 0, "pending": 1, "sold": 1}
