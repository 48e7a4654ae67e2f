"""Rows out of a file: a table in text or JSON Lines, told apart by the file's suffix."""

from collections.abc import Callable, Iterator

from importer import strict_json, table
from importer.errors import BadFile
from importer.row import Row
from importer.source import LINE_LIMIT, Source

_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods", ".numbers"}


def read_rows(source: Source) -> Iterator[Row]:
    """Read the file from its beginning, a row at a time.

    A row that cannot be understood comes with its problem; the rows after it are read all the same.

    Raises:
        BadFile: the file as a whole is wrong: its suffix, its header, its quotes, its encoding.
    """
    return _reader_of(source)(source)


def _reader_of(source: Source) -> Callable[[Source], Iterator[Row]]:
    match source.path.suffix.lower():
        # Excel calls its tables with tabs .txt.
        case ".csv" | ".tsv" | ".txt":
            return table.rows
        case ".jsonl" | ".ndjson":
            return _json_rows
        case suffix if suffix in _WORKBOOKS:
            raise BadFile(f"{source.path.name} is a workbook: save it as CSV UTF-8")
    raise BadFile(f"{source.path.name} must end in .csv, .tsv, .txt, .jsonl or .ndjson")


def _json_rows(source: Source) -> Iterator[Row]:
    for line in source.lines():
        if line.is_too_long:
            yield Row(line.number, None, f"The line is longer than {LINE_LIMIT:,} bytes.")
        elif text := line.text.strip():
            yield _json_row(line.number, text)


def _json_row(number: int, text: str) -> Row:
    try:
        content = strict_json.parse(text)
    except ValueError as error:
        return Row(number, text, f"The line {error}.")
    if not isinstance(content, dict):
        return Row(number, content, "The line is not a JSON object.")
    return Row(number, content)
