"""Files that spreadsheets and their like wrote."""

from pathlib import Path

import pytest

from tests.importer.reading import rows_of

_FILES = sorted(
    path for path in (Path(__file__).parent / "written").iterdir() if path.suffix != ".md"
)
_PETS = [
    {
        "name": "Käthe 🐾",
        "species": "cat",
        "description": 'said "no"; then, "yes"',
        "birth_date": "2024-02-29",
        "tags": ["soft", "old"],
    },
    {"name": "Bob", "species": "dog", "description": "two\nlines"},
    {"name": "Cid", "species": "cat", "tags": ["tab\tbed"]},
]


def test_there_are_files() -> None:
    """The folder is found."""
    assert len(_FILES) == 9


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_written_by_others(tmp_path: Path, file: Path) -> None:
    """Every program's export of one workbook is the same three pets, without a problem."""
    rows = rows_of(tmp_path, file.read_bytes(), file.name)
    assert [row.problem for row in rows] == [""] * 3
    assert [row.content for row in rows] == _PETS
