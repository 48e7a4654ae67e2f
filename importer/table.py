"""Reads the rows of a table: CSV (RFC 4180), and the variants that spreadsheets write.

The header row has the API's member names, in any case, with spaces or hyphens for underscores.
``,``, ``;``, ``|`` or tabs separate cells: the header shows which, or a first line ``sep=;`` says
so. Rows without content are skipped, and so are columns without name and content. An empty cell
means that the member is not given. Tags and photo URLs share one cell, separated by ``;`` or as a
JSON array.
"""

import csv
import re
from collections.abc import Iterator

from importer import strict_json
from importer.errors import BadFile
from importer.row import Row
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
_SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;\t|]*', re.IGNORECASE)
_CSV_FAULTS = {
    "unexpected end of data": "a quote is opened here and never closed",
    "field larger": f"a cell is over {LINE_LIMIT:,} characters, or its quote is never closed",
    "new-line": "a line break stands outside of quotes that is not like that of the first line",
    "expected after": "a closing quote is followed by text; a quote inside of quotes is doubled",
}


def read_table(source: Source) -> Iterator[Row]:
    """Read the rows under the header.

    Raises:
        BadFile: the header or the quotes are wrong, or a line is too long.
    """
    records = _read_records(source, _find_separator(source))
    first, header = next(records, (1, []))
    columns = _read_header(header, first)
    for line, cells in records:
        yield _build_row(line, columns, cells)


def _find_separator(source: Source) -> str:
    for text in _read_lines(source):
        line = text.strip("\r\n")
        if found := _SEPARATOR_LINE.fullmatch(line):
            return found[1]
        if line.strip(_SEPARATORS + ' "'):
            return max(_SEPARATORS, key=lambda separator: _count_known(line.split(separator)))
    return _SEPARATORS[0]


def _count_known(cells: list[str]) -> int:
    return sum(_find_member(cell.strip(' "')) in COLUMNS for cell in cells)


def _read_records(source: Source, separator: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LINE_LIMIT)
    reader = csv.reader(_read_lines(source), strict=True, delimiter=separator)
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # What follows may be the middle of a cell: it must not be taken for rows.
            raise BadFile(f"the row at line {begin}: {_explain(str(error))}") from None
        is_separator_line = begin == 1 and _SEPARATOR_LINE.fullmatch(separator.join(cells))
        if any(cell.strip() for cell in cells) and not is_separator_line:
            yield begin, cells


def _read_lines(source: Source) -> Iterator[str]:
    for line in source.lines():
        if line.is_too_long:
            raise BadFile(f"line {line.number} is longer than {LINE_LIMIT:,} bytes")
        yield line.text


def _explain(message: str) -> str:
    return next((plain for part, plain in _CSV_FAULTS.items() if part in message), message)


def _read_header(header: list[str], line: int) -> list[str]:
    """Return the member of each column; an empty text for a column without a name."""
    names = [_find_member(name) for name in _strip_empty_end(header)]
    for problem, found in (
        ("unknown", [name for name in names if name and name not in COLUMNS]),
        ("repeated", [name for name in COLUMNS if names.count(name) > 1]),
        ("missing", [name for name in _NEEDED if name not in names]),
    ):
        if found:
            shown = ", ".join(f"{name:.60}" for name in found[:10])
            raise BadFile(
                f"the header at line {line} has {problem} columns: {shown}."
                f" The columns are {', '.join(COLUMNS)}"
            )
    return names


def _find_member(name: str) -> str:
    """Return the member that a column's name means, or the name itself."""
    name = name.strip()
    letters = re.sub(r"[\s_-]", "", name).lower()
    return next((column for column in COLUMNS if column.replace("_", "") == letters), name)


def _strip_empty_end(cells: list[str]) -> list[str]:
    count = len(cells)
    while count and not cells[count - 1].strip():
        count -= 1
    return cells[:count]


def _build_row(line: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) < len(columns) or len(_strip_empty_end(cells)) > len(columns):
        found = f"The row has {len(cells)} cells, the header {len(columns)}."
        return Row(line, cells, found)
    pairs = list(zip(columns, cells, strict=False))
    if any(cell.strip() for name, cell in pairs if not name):
        return Row(line, cells, "The row has a cell in a column without a name.")
    given = {name: cell for name, cell in pairs if name and cell}
    pet: dict[str, object] = {}
    for name, cell in given.items():
        try:
            pet[name] = _parse_list(cell) if name in _LISTS else cell
        except ValueError as error:
            return Row(line, given, f"The cell {name} begins like a JSON array and {error}.")
    return Row(line, pet)


def _parse_list(cell: str) -> object:
    if cell.lstrip().startswith("["):
        return strict_json.parse(cell)
    return [item for part in cell.split(";") if (item := part.strip())]
