"""Tables in text: RFC 4180's, and what spreadsheets write."""

from pathlib import Path

import pytest

from importer.row import Row
from tests.importer.reading import rows_of

_CATS = [
    {"name": "Käthe", "species": "cat", "tags": ["soft", "old"]},
    {"name": "B", "species": "cat", "description": 'a, b; "c"\td|'},
]


def _pets(rows: list[Row]) -> list[object]:
    assert [row.problem for row in rows] == [""] * len(rows)
    return [row.content for row in rows]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_csv(tmp_path: Path, mark: bytes, end: bytes) -> None:
    """Quotes, breaks inside of cells, empty cells, lists and blank lines are read as meant."""
    lines = [
        b"name,species,description,tags,photo_urls",
        b'"A ""1"", b",cat,"two',
        'lines, ü",soft; old;,'.encode(),
        b"",
        b'B,dog,,"[""a;b"", ""c""]",https://example.com/1;https://example.com/2',
        b"C,dog,,,",
    ]
    first, second, third = rows_of(tmp_path, mark + end.join(lines))
    two_lines = f"two{end.decode()}lines, ü"
    assert first == Row(
        2,
        {
            "name": 'A "1", b',
            "species": "cat",
            "description": two_lines,
            "tags": ["soft", "old"],
        },
    )
    urls = ["https://example.com/1", "https://example.com/2"]
    assert second == Row(
        5, {"name": "B", "species": "dog", "tags": ["a;b", "c"], "photo_urls": urls}
    )
    assert third == Row(6, {"name": "C", "species": "dog"})


def test_csv_rows_with_problems(tmp_path: Path) -> None:
    """A row of another length or with half an array has a problem; the others have none."""
    rows = rows_of(tmp_path, b'name,species,tags\nA,cat\nB,cat,"[1"\nC,cat,,x\nD,cat,\n')
    assert [(row.line, bool(row.problem)) for row in rows] == [
        (2, True),
        (3, True),
        (4, True),
        (5, False),
    ]
    assert "2 cells, the header 3" in rows[0].problem
    assert rows[0].content == ["A", "cat"]


def _table(separator: str) -> str:
    """Return the two cats in a table, as a spreadsheet writes them."""
    records = [
        ["name", "species", "description", "tags"],
        ["Käthe", "cat", "", '"soft;old"'],
        ["B", "cat", '"a, b; ""c""\td|"', ""],
    ]
    return "".join(separator.join(record) + "\r\n" for record in records)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("first", ["", "sep={}", '"sep={}"', "SEP={},,,"])
def test_spreadsheets(tmp_path: Path, separator: str, encoding: str, end: str, first: str) -> None:
    """Every separator, named by a first line or not, mark, encoding and line end gives the same."""
    named = first.format(separator) + end if first else ""
    text = named + _table(separator).replace("\r\n", end)
    rows = rows_of(tmp_path, text.encode(encoding))
    assert _pets(rows) == _CATS
    assert [row.line for row in rows] == ([3, 4] if first else [2, 3])


@pytest.mark.parametrize("name", ["pets.tsv", "pets.txt", "PETS.TXT"])
def test_big_endian(tmp_path: Path, name: str) -> None:
    """UTF-16 of the other byte order is read too, and tables with tabs have names of their own."""
    content = b"\xfe\xff" + _table("\t").encode("utf-16-be")
    assert _pets(rows_of(tmp_path, content, name)) == _CATS


def test_a_separator_of_ones_own(tmp_path: Path) -> None:
    """A first line names any separator."""
    rows = rows_of(tmp_path, _table("^").replace("\r\n", "\n").encode().join([b"sep=^\n", b""]))
    assert _pets(rows) == _CATS


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_empty_rows_and_columns(tmp_path: Path, end: bytes) -> None:
    """Rows and columns without any content are skipped, wherever they stand; lines keep their number."""
    lines = [
        b",,,,",
        b"name,,species,,",
        b"A,,cat,,",
        b" , ,,,",
        b",,,,",
        b"B,,cat",
        b"C,,cat,,,,",
        b"",
    ]
    rows = rows_of(tmp_path, end.join([*lines, b",,,,", b""]))
    assert _pets(rows) == [{"name": name, "species": "cat"} for name in "ABC"]
    assert [row.line for row in rows] == [3, 6, 7]


def test_a_cell_without_a_column(tmp_path: Path) -> None:
    """Content in a column without a name, or beyond the header, is not lost: the row is refused."""
    rows = rows_of(tmp_path, b"name,,species,\nA,x,cat,\nB,,cat,x\nC,,cat,,x\nD,,cat,\n")
    assert [row.problem for row in rows] == [
        "The row has a cell in a column without a name.",
        "The row has 4 cells, the header 3.",
        "The row has 5 cells, the header 3.",
        "",
    ]
    assert rows[0].content == ["A", "x", "cat", ""]


@pytest.mark.parametrize(
    "header",
    [
        "NAME,Species,BIRTH_DATE",
        " name , species,Birth Date",
        "Name,species,birth-date",
        "name,species,birthDate",
    ],
)
def test_headers_in_another_spelling(tmp_path: Path, header: str) -> None:
    """A header means its member in any case, with spaces, hyphens or nothing for underscores."""
    rows = rows_of(tmp_path, f"{header}\nA,cat,2024-01-01\n".encode())
    assert _pets(rows) == [{"name": "A", "species": "cat", "birth_date": "2024-01-01"}]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("[1e999]", "holds a number that is too large: 1e999."),
        ('[{""a"":1,""a"":2}]', 'names the member "a" more than once.'),
        ("[NaN]", "is not JSON: NaN is not a JSON number."),
        ("[1", "is not JSON: Expecting ',' delimiter at character 3."),
    ],
)
def test_arrays_that_lose_something(tmp_path: Path, cell: str, expected: str) -> None:
    """An array in a cell is as strict as a line of JSON."""
    (row,) = rows_of(tmp_path, f'name,species,tags\nA,cat,"{cell}"\n'.encode())
    assert row.problem == f"The cell tags begins like a JSON array and {expected}"
