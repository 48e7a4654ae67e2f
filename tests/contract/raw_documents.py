"""Documents as a newer release, an older one or a hand in the portal leaves them."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from petstore.repository.cached import CachedPets
from petstore.repository.cosmos.container import Container
from petstore.repository.sqlite.table import Table

type Change = Callable[[dict[str, Any]], object]


async def change_raw(repository: object, item_id: str, change: Change) -> None:
    """Change a document behind the repository's back; ``change`` changes it in place."""
    repository = _beneath(repository)
    if isinstance(repository, Table):
        await repository._file.write(
            lambda file: _change_row(file, repository._name, item_id, change)
        )
        return
    assert isinstance(repository, Container)
    async with repository._account.use(repository._name, {}) as container:
        document = dict(await container.read_item(item_id, item_id))
        change(document)
        await container.replace_item(item_id, document)


async def read_raw(repository: object, item_id: str) -> dict[str, Any]:
    """Return a document as it is kept."""
    repository = _beneath(repository)
    kept: dict[str, Any] = {}
    if isinstance(repository, Table):
        ((text,),) = repository._file.read(
            f"SELECT document FROM {repository._name} WHERE id = ?",
            (item_id,),
        )
        kept.update(json.loads(text))
        return kept
    assert isinstance(repository, Container)
    async with repository._account.use(repository._name, {}) as container:
        kept.update(await container.read_item(item_id, item_id))
    return kept


async def copy_raw(repository: object, item_id: str, copy_id: str) -> None:
    """Copy a document to another id."""
    repository = _beneath(repository)
    if isinstance(repository, Table):
        await repository._file.write(lambda file: _copy_row(file, repository, item_id, copy_id))
        return
    assert isinstance(repository, Container)
    async with repository._account.use(repository._name, {}) as container:
        document = await container.read_item(item_id, item_id)
        await container.create_item({**document, "id": copy_id})


def _beneath(repository: object) -> object:
    return repository._pets if isinstance(repository, CachedPets) else repository


def _change_row(file: sqlite3.Connection, table: str, item_id: str, change: Change) -> None:
    select = f"SELECT document FROM {table} WHERE id = ?"
    document = json.loads(file.execute(select, (item_id,)).fetchone()[0])
    change(document)
    text = json.dumps(document)
    file.execute(f"UPDATE {table} SET document = ? WHERE id = ?", (text, item_id))


def _copy_row(file: sqlite3.Connection, table: Table[Any], item_id: str, copy_id: str) -> None:
    others = ", ".join(column for column in table._columns if column not in {"id", "document"})
    file.execute(
        f"INSERT INTO {table._name} (id, document, {others})"
        f" SELECT :copy, json_set(document, '$.id', :copy), {others} FROM {table._name}"
        " WHERE id = :id",
        {"id": item_id, "copy": copy_id},
    )
