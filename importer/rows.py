"""Rows out of lines: CSV (RFC 4180) or JSON Lines, told apart by the file's suffix.

CSV has a header row of the API's member names. An empty cell means that the member is not given.
Tags and photo URLs stand in one cell, with ``;`` between them or as a JSON array.
"""

import csv
import json
from collections.abc import Callable, Iterator
from typing import NamedTuple, NoReturn

from importer.errors import BadFile
from importer.source import LINE_LIMIT, Source

COLUMNS = (
    "name",
    "species",
    "breed",
    "description",
    "birth_date",
    "tags",
    "photo_urls",
    "status",
    "owner_email",
)
_NEEDED = ("name", "species")
_LISTS = {"tags", "photo_urls"}
_CSV_FAULTS = {
    "unexpected end of data": "a quote is opened here and never closed",
    "field larger": f"a cell is over {LINE_LIMIT:,} characters, or its quote is never closed",
    "new-line": "a carriage return stands outside of quotes; lines end in LF or CR LF",
    "expected after": "a closing quote is followed by text; a quote inside of quotes is doubled",
}


class Row(NamedTuple):
    """One row.

    Attributes:
        line: the physical line of the file where it begins; 1 for the first.
        content: the pet as it is sent; where there is a problem, what can be told of the row.
        problem: why it cannot be sent at all; empty when it can.
    """

    line: int
    content: object
    problem: str = ""


def read_rows(source: Source) -> Iterator[Row]:
    """Read the file from its beginning, a row at a time.

    A row that cannot be understood comes with its problem; the rows after it are read all the same.

    Raises:
        BadFile: the file as a whole is not good: its suffix, its header, its quotes, its encoding.
    """
    return _reader_of(source)(source)


def _reader_of(source: Source) -> Callable[[Source], Iterator[Row]]:
    match source.path.suffix.lower():
        case ".csv":
            return _csv_rows
        case ".jsonl" | ".ndjson":
            return _json_rows
    raise BadFile(f"{source.path.name} must end in .csv, .jsonl or .ndjson")


def _json_rows(source: Source) -> Iterator[Row]:
    for line in source.lines():
        if line.is_too_long:
            yield Row(line.number, None, f"The line is longer than {LINE_LIMIT:,} bytes.")
        elif text := line.text.strip():
            yield _json_row(line.number, text)


def _json_row(number: int, text: str) -> Row:
    try:
        content = _decoded(text)
    except ValueError as error:
        return Row(number, text, f"The line is not JSON: {error}.")
    if not isinstance(content, dict):
        return Row(number, content, "The line is not a JSON object.")
    return Row(number, content)


def _csv_rows(source: Source) -> Iterator[Row]:
    records = _records(source)
    first, header = next(records, (1, []))
    columns = _columns(header, first)
    for line, cells in records:
        yield _csv_row(line, columns, cells)


def _records(source: Source) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LINE_LIMIT)
    reader = csv.reader(_texts(source), strict=True)
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # What follows may be the middle of a cell: it must not be taken for rows.
            raise BadFile(f"the row at line {begin}: {_csv_fault(str(error))}") from None
        if cells:
            yield begin, cells


def _texts(source: Source) -> Iterator[str]:
    for line in source.lines():
        if line.is_too_long:
            raise BadFile(f"line {line.number} is longer than {LINE_LIMIT:,} bytes")
        yield line.text


def _csv_fault(message: str) -> str:
    return next((plain for part, plain in _CSV_FAULTS.items() if part in message), message)


def _columns(header: list[str], line: int) -> list[str]:
    names = [name.strip() for name in header]
    for problem, found in (
        ("unknown", [name for name in names if name not in COLUMNS]),
        ("repeated", [name for name in COLUMNS if names.count(name) > 1]),
        ("missing", [name for name in _NEEDED if name not in names]),
    ):
        if found:
            shown = ", ".join(f"{name:.60}" if name else "(no name)" for name in found[:10])
            raise BadFile(
                f"the header at line {line} has {problem} columns: {shown}."
                f" The columns are {', '.join(COLUMNS)}"
            )
    return names


def _csv_row(line: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        found = f"The row has {len(cells)} cells, the header {len(columns)}."
        return Row(line, cells, found)
    given = {name: cell for name, cell in zip(columns, cells, strict=True) if cell}
    try:
        pet = {name: _items(cell) if name in _LISTS else cell for name, cell in given.items()}
    except ValueError as error:
        return Row(line, given, f"A cell begins like a JSON array and is none: {error}.")
    return Row(line, pet)


def _items(cell: str) -> object:
    if cell.lstrip().startswith("["):
        return _decoded(cell)
    return [item for part in cell.split(";") if (item := part.strip())]


def _decoded(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
