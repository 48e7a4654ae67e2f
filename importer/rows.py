"""Reads the rows of a file: a table or JSON Lines, depending on its suffix."""

from collections.abc import Callable, Iterator

from importer import strict_json, table
from importer.errors import BadFile
from importer.row import Row
from importer.source import LINE_LIMIT, Source

_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods", ".numbers"}


def read_rows(source: Source) -> Iterator[Row]:
    """Read the file from its beginning, a row at a time.

    A row that cannot be understood comes with its problem, and reading continues after it.

    Raises:
        BadFile: the whole file is wrong: its suffix, header, quotes or encoding.
    """
    return _choose_reader(source)(source)


def _choose_reader(source: Source) -> Callable[[Source], Iterator[Row]]:
    match source.path.suffix.lower():
        # Excel saves tables with tabs as .txt.
        case ".csv" | ".tsv" | ".txt":
            return table.read_table
        case ".jsonl" | ".ndjson":
            return _read_json_lines
        case suffix if suffix in _WORKBOOKS:
            raise BadFile(f"{source.path.name} is a workbook: save it as CSV UTF-8")
    raise BadFile(f"{source.path.name} must end in .csv, .tsv, .txt, .jsonl or .ndjson")


def _read_json_lines(source: Source) -> Iterator[Row]:
    for line in source.lines():
        if line.is_too_long:
            yield Row(line.number, None, f"The line is longer than {LINE_LIMIT:,} bytes.")
        elif text := line.text.strip():
            yield _parse_line(line.number, text)


def _parse_line(number: int, text: str) -> Row:
    try:
        content = strict_json.parse(text)
    except ValueError as error:
        return Row(number, text, f"The line {error}.")
    if not isinstance(content, dict):
        return Row(number, content, "The line is not a JSON object.")
    return Row(number, content)
