"""Rows out of files, good and rubbish."""

import json
from pathlib import Path

import pytest

from importer.__main__ import main
from importer.row import Row
from importer.rows import read_rows
from importer.source import LINE_LIMIT, Source
from importer.table import COLUMNS
from petstore.models import PetInput, parse_pet
from tests.importer.reading import rows_of
from tests.importer.running import run_import
from tests.importer.stand_in import always, serving
from tests.tree import ROOT

_NOWHERE = "http://127.0.0.1:1/api"


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


def test_json_lines(tmp_path: Path) -> None:
    """Blank lines are skipped; a line that is not a JSON object has its problem, the rest is read."""
    lines = [
        b'{"name":"A"}',
        b"",
        b"{broken",
        b" \r",
        b"[1]",
        b"NaN",
        b"[" * 100_000,
        b'{"name":"\xc3\xbc"}\r',
    ]
    rows = rows_of(tmp_path, b"\n".join(lines), "pets.ndjson")
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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"name":"A","species":"cat","name":"B"}', 'names the member "name" more than once.'),
        ('{"name":"A","n\\u0061me":"B"}', 'names the member "name" more than once.'),
        ('{"name":{"x":1,"x":1}}', 'names the member "x" more than once.'),
        ('{"name":1e999}', "holds a number that is too large: 1e999."),
        ('{"name":[-1E+400]}', "holds a number that is too large: -1E+400."),
        ('{"name":Infinity}', "is not JSON: Infinity is not a JSON number."),
        ('{"name":-Infinity}', "is not JSON: -Infinity is not a JSON number."),
        ('{"name":' + "9" * 5000 + "}", f"holds a number with too many digits: {'9' * 60}."),
        ('{"name":"A"} {"name":"B"}', "is not JSON: Extra data at character 14."),
        ('{"name":' * 100_000, "is nested too deeply."),
    ],
)
def test_lines_that_lose_something(tmp_path: Path, line: str, expected: str) -> None:
    """A member that is there twice, a number without end: the line is refused as it stands."""
    rows = rows_of(tmp_path, f'{line}\n{{"name":"C"}}'.encode(), "pets.jsonl")
    assert rows[0].problem == f"The line {expected}"
    assert (rows[0].content, rows[1].problem) == (line, "")


async def test_every_depth_ends_well(tmp_path: Path) -> None:
    """However deep lines are nested, each is sent or refused; none ends the run."""
    path = tmp_path / "pets.jsonl"
    depths = [*range(100, 12_000, 300), *range(9_900, 10_100, 5), *range(9_985, 10_000)]
    path.write_text("".join(f'{{"a":{"[" * depth}{"]" * depth}}}\n' for depth in depths))
    async with serving(always(422)) as server:
        run = await run_import(path, server.url)
    assert (run.code, run.counts) == (1, (0, 0, len(depths)))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_json_lines_of_other_systems(tmp_path: Path, encoding: str, end: str) -> None:
    """Marks, UTF-16 and every line end are read in JSON Lines as in a table."""
    text = '{"name":"ü"}' + end + end + '{"name":"B"}' + end
    rows = rows_of(tmp_path, text.encode(encoding), "pets.jsonl")
    assert rows == [Row(1, {"name": "ü"}), Row(3, {"name": "B"})]


def test_a_huge_json_line(tmp_path: Path) -> None:
    """A line that is too long is refused, and the one after it is read."""
    huge = b'{"name":"' + b"x" * 3 * LINE_LIMIT + b'"}'
    rows = rows_of(tmp_path, huge + b'\n{"name":"B"}', "pets.jsonl")
    assert [(row.line, row.problem) for row in rows] == [
        (1, "The line is longer than 1,000,000 bytes."),
        (2, ""),
    ]


_HEAD = b"name,species,description\n"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("pets.csv", b"", "is empty"),
        ("pets.jsonl", b"", "is empty"),
        ("pets.dat", b"name,species\n", "must end in .csv, .tsv, .txt, .jsonl or .ndjson"),
        ("pets.xlsx", b"PK\x03\x04", "is a workbook or an archive, not text: save it as UTF-8"),
        (
            "pets.csv",
            b"PK\x03\x04\x14\0",
            "is a workbook or an archive, not text: save it as UTF-8",
        ),
        ("pets.xlsx", b"name,species\n", "is a workbook: save it as CSV UTF-8"),
        ("pets.csv", b"\n\n", "header at line 1 has missing columns: name, species"),
        ("pets.csv", b"name,species,colour,\nA,cat,red,", "unknown columns: colour."),
        ("pets.csv", b"name/species\nA/cat\n", "unknown columns: name/species"),
        ("pets.csv", b"sep=;\nname,species\nA,cat\n", "header at line 2 has unknown columns"),
        ("pets.csv", b",,\n,,\n", "header at line 1 has missing columns: name, species"),
        ("pets.csv", b"Name,species,NAME\n", "repeated columns: name"),
        ("pets.csv", b"birth date,name,Birth-Date,species\n", "repeated columns: birth_date"),
        ("pets.csv", b"name,species,name\n", "repeated columns: name"),
        ("pets.csv", b"name,breed\nA,tabby\n", "missing columns: species"),
        ("pets.csv", b"\x89PNG\r\n\x1a\n\0\0", "line 1 is not UTF-8 (byte 0x89)"),
        ("pets.csv", _HEAD + "A,cat,grün\n".encode("latin-1"), "line 2 is not UTF-8 (byte 0xfc)"),
        ("pets.csv", "name,species\n".encode("utf-16-le"), "line 1 holds a NUL byte"),
        ("pets.csv", "name,species\n".encode("utf-32"), "line 1 holds a NUL byte"),
        ("pets.csv", "name,species\nA,cat\n".encode("utf-16")[:-1], "in the middle of a character"),
        (
            "pets.csv",
            "name,species\nA,\ud800\n".encode("utf-16", "surrogatepass"),
            "line 2 is not UTF-8 (an unpaired",
        ),
        (
            "pets.csv",
            _HEAD + "A,cat,grün\n".encode("cp1252"),
            "save it as UTF-8 (in Excel: CSV UTF-8)",
        ),
        ("pets.csv", _HEAD + b"A,cat,\nB,cat,\0\n", "line 3 holds a NUL byte"),
        ("pets.jsonl", b'{"name":"A"}\n{"name":"\0"}', "line 2 holds a NUL byte"),
        ("pets.jsonl", b'{"name":"A"}\n\n{"name":"\xff"}', "line 3 is not UTF-8"),
        ("pets.csv", _HEAD + b'A,cat,"open\nB,cat,\n', "line 2: a quote is opened here"),
        ("pets.csv", _HEAD + b'A,cat,\nB,cat,"a"b\n', "line 3: a closing quote is followed"),
        ("pets.csv", _HEAD + b"A,cat,\rB,cat,\n", "line 2: a line break stands outside of quotes"),
        (
            "pets.csv",
            b"name,species\rA,cat\nB,cat\r",
            "line 2: a line break stands outside of quotes",
        ),
        ("pets.csv", _HEAD + b"A,cat," + b"x" * 1_000_001, "line 2 is longer than 1,000,000"),
        ("pets.csv", _HEAD + b'A,cat,"' + b"xxx\n" * 300_000, "line 2: a cell is over 1,000,000"),
    ],
)
def test_rubbish(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, expected: str
) -> None:
    """A file that cannot be read ends with 2 and a message that names the line, before any request."""
    path = tmp_path / name
    path.write_bytes(content)
    assert main([str(path), "--url", _NOWHERE]) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("BAD FILE: ")) == ("", True)
    assert expected in err
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that leads nowhere, or to a folder, is refused with the reason."""
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
        ["--timeout", "soon"],
        ["--url", "http://127.0.0.1:99999/api"],
    ],
)
def test_wrong_options(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A URL of another kind, or a number out of its range, is refused with a usage line."""
    with pytest.raises(SystemExit) as ended:
        main(["pets.csv", *options])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "usage" in error
    assert "_parse" not in error


def test_a_token_that_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A token that would break the header is refused, and is not shown."""
    monkeypatch.setenv("PETSTORE_TOKEN", "two\nlines")
    with pytest.raises(SystemExit) as ended:
        main(["pets.csv"])
    err = capsys.readouterr().err
    assert (ended.value.code, "PETSTORE_TOKEN" in err, "lines" in err) == (2, True, False)
