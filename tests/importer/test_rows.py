"""Rows out of files, good and rubbish."""

import json
from pathlib import Path

import pytest

from importer.__main__ import main
from importer.rows import COLUMNS, Row, read_rows
from importer.source import LINE_LIMIT, Source
from petstore.models import PetInput, parse_pet
from tests.importer.running import ROOT

_NOWHERE = "http://127.0.0.1:1/api"


def _rows(folder: Path, content: bytes, name: str = "pets.csv") -> list[Row]:
    path = folder / name
    path.write_bytes(content)
    with Source(path) as source:
        found = list(read_rows(source))
        assert source.position == source.size == len(content)
        assert list(read_rows(source)) == found
    return found


def test_the_columns_are_the_members() -> None:
    """The columns are what a caller may send."""
    assert set(COLUMNS) == set(PetInput.model_fields)


def test_the_sample_is_valid() -> None:
    """The sample holds 200 different pets that the API's own rules take."""
    with Source(ROOT / "samples/pets.csv") as source:
        rows = list(read_rows(source))
    for row in rows:
        assert row.problem == ""
        parse_pet(row.content)
    assert len({json.dumps(row.content) for row in rows}) == 200


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_csv(tmp_path: Path, mark: bytes, end: bytes) -> None:
    """Quotes, breaks inside of cells, empty cells, lists and blank lines are read as they are meant."""
    lines = [
        b"name,species,description,tags,photo_urls",
        b'"A ""1"", b",cat,"two',
        'lines, ü",soft; old;,'.encode(),
        b"",
        b'B,dog,,"[""a;b"", ""c""]",https://example.com/1;https://example.com/2',
        b"C,dog,,,",
    ]
    first, second, third = _rows(tmp_path, mark + end.join(lines))
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
    """A row of another length or with half an array has its problem; the others have none."""
    rows = _rows(tmp_path, b'name,species,tags\nA,cat\nB,cat,"[1"\nC,cat,,x\nD,cat,\n')
    assert [(row.line, bool(row.problem)) for row in rows] == [
        (2, True),
        (3, True),
        (4, True),
        (5, False),
    ]
    assert "2 cells, the header 3" in rows[0].problem
    assert rows[0].content == ["A", "cat"]


def test_json_lines(tmp_path: Path) -> None:
    """Blank lines are skipped; a line that is no JSON object has its problem, the rest is read."""
    deep = b"[" * 100_000
    lines = [
        b'{"name":"A"}',
        b"",
        b"{broken",
        b" \r",
        b"[1]",
        b"NaN",
        deep,
        b'{"name":"\xc3\xbc"}\r',
    ]
    rows = _rows(tmp_path, b"\n".join(lines), "pets.ndjson")
    assert [(row.line, row.problem == "") for row in rows] == [
        (1, True),
        (3, False),
        (5, False),
        (6, False),
        (7, False),
        (8, True),
    ]
    assert rows[1].content == "{broken"
    assert rows[-1].content == {"name": "ü"}


def test_a_huge_json_line(tmp_path: Path) -> None:
    """A line that is too long is refused, and the one after it is read."""
    huge = b'{"name":"' + b"x" * 3 * LINE_LIMIT + b'"}'
    rows = _rows(tmp_path, huge + b'\n{"name":"B"}', "pets.jsonl")
    assert [(row.line, row.problem) for row in rows] == [
        (1, "The line is longer than 1,000,000 bytes."),
        (2, ""),
    ]


_HEAD = b"name,species,description\n"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("pets.csv", b"", "is empty"),
        ("pets.jsonl", b"", "is empty"),
        ("pets.txt", b"name,species\n", "must end in .csv, .jsonl or .ndjson"),
        ("pets.csv", b"\n\n", "header at line 1 has missing columns: name, species"),
        ("pets.csv", b"name,species,colour,\nA,cat,red,", "unknown columns: colour, (no name)"),
        ("pets.csv", b"name;species\nA;cat\n", "unknown columns: name;species"),
        ("pets.csv", b"name,species,name\n", "repeated columns: name"),
        ("pets.csv", b"name,breed\nA,tabby\n", "missing columns: species"),
        ("pets.csv", b"\x89PNG\r\n\x1a\n\0\0", "line 1 is not UTF-8 (byte 0x89)"),
        ("pets.csv", _HEAD + "A,cat,grün\n".encode("latin-1"), "line 2 is not UTF-8 (byte 0xfc)"),
        ("pets.csv", "name,species\n".encode("utf-16"), "line 1"),
        ("pets.csv", _HEAD + b"A,cat,\nB,cat,\0\n", "line 3 holds a NUL byte"),
        ("pets.jsonl", b'{"name":"A"}\n{"name":"\0"}', "line 2 holds a NUL byte"),
        ("pets.jsonl", b'{"name":"A"}\n\n{"name":"\xff"}', "line 3 is not UTF-8"),
        ("pets.csv", _HEAD + b'A,cat,"open\nB,cat,\n', "line 2: a quote is opened here"),
        ("pets.csv", _HEAD + b'A,cat,\nB,cat,"a"b\n', "line 3: a closing quote is followed"),
        ("pets.csv", b"name,species\rA,cat\r", "line 1: a carriage return"),
        ("pets.csv", _HEAD + b"A,cat," + b"x" * 1_000_001, "line 2 is longer than 1,000,000"),
        ("pets.csv", _HEAD + b'A,cat,"' + b"xxx\n" * 300_000, "line 2: a cell is over 1,000,000"),
    ],
)
def test_rubbish(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, told: str
) -> None:
    """A file that is no good ends with 2 and a message that names the line, before any request."""
    path = tmp_path / name
    path.write_bytes(content)
    assert main([str(path), "--url", _NOWHERE]) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("BAD FILE: ")) == ("", True)
    assert told in err
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that leads nowhere, or to a folder, is told."""
    assert main([str(tmp_path / "pets.csv")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert "not a regular file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["--url", "ftp://127.0.0.1/api"],
        ["--url", "127.0.0.1:7071"],
        ["--url", "http://ada:secret@127.0.0.1/api"],
        ["--url", "http://127.0.0.1/api?x=1"],
        ["--concurrency", "0"],
        ["--concurrency", "101"],
        ["--tries", "0"],
        ["--timeout", "nan"],
    ],
)
def test_wrong_options(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A URL of another kind, or a number out of its range, is refused with a usage line."""
    with pytest.raises(SystemExit) as ended:
        main(["pets.csv", *options])
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_token_that_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A token that would break the header is refused, and is not shown."""
    monkeypatch.setenv("PETSTORE_TOKEN", "two\nlines")
    with pytest.raises(SystemExit) as ended:
        main(["pets.csv"])
    err = capsys.readouterr().err
    assert (ended.value.code, "PETSTORE_TOKEN" in err, "lines" in err) == (2, True, False)
