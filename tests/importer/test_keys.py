"""RowKeys: which rows are the same row."""

from pathlib import Path

import pytest

from importer.errors import BadFile
from importer.keys import RowKeys, import_id, record_of

_DIGEST = "0" * 64
_OTHER = "1" * 64


def _keys(name: str, *rows: object) -> list[str]:
    with RowKeys(name) as keys:
        return [keys.key(row) for row in rows]


def test_keys_are_the_same_every_time() -> None:
    """The same rows of the same import have the same keys, however their members are ordered."""
    one, other = {"name": "A", "species": "cat"}, {"species": "cat", "name": "A"}
    assert _keys("x", one, {"name": "B"}) == _keys("x", other, {"name": "B"})


def test_equal_rows_are_different_pets() -> None:
    """Each of several equal rows has a key of its own."""
    assert len(set(_keys("x", *[{"name": "A"}] * 100))) == 100


def test_another_import_has_other_keys() -> None:
    """The same row of another file is another pet."""
    assert _keys("x", {"name": "A"}) != _keys("y", {"name": "A"})


def test_fixing_a_row_leaves_the_other_keys() -> None:
    """Rows may be changed, put in, taken out and sorted: the others keep their keys."""
    rows = [{"name": name} for name in "ABAC"]
    kept = set(_keys("x", *rows))
    assert set(_keys("x", *reversed(rows))) == kept
    assert len(kept & set(_keys("x", {"name": "new"}, rows[0], *rows[2:]))) == 3


def test_half_a_surrogate_pair() -> None:
    """Text that UTF-8 cannot hold has a key all the same: the API is to judge it."""
    assert len(_keys("x", {"name": "\ud800"})[0]) == 64


def test_the_import_id_is_kept(tmp_path: Path) -> None:
    """The first digest stays the id when the file changes; elsewhere the new digest is one."""
    path = tmp_path / "pets.csv"
    assert import_id(path, _DIGEST) == _DIGEST
    assert import_id(path, _OTHER) == _DIGEST
    assert import_id(tmp_path / "other.csv", _OTHER) == _OTHER
    record_of(path).unlink()
    assert import_id(path, _OTHER) == _OTHER


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff", b"0" * 2000])
def test_a_broken_import_id(tmp_path: Path, content: bytes) -> None:
    """A text that is not an id stops the import: another id could create pets twice."""
    path = tmp_path / "pets.csv"
    record_of(path).write_bytes(content)
    with pytest.raises(BadFile, match="import-id"):
        import_id(path, _DIGEST)


def test_nowhere_to_keep_it(tmp_path: Path) -> None:
    """Where nothing can be written the digest is the id."""
    assert import_id(tmp_path / "none" / "pets.csv", _DIGEST) == _DIGEST
