"""Import pets from a file: CSV with a header row, or JSON Lines.

The whole file is checked before the first request, so that a broken file creates no pet. Then each
row is posted with an Idempotency-Key: run an import that broke off again, and no row creates a
second pet within 24 hours. A bearer token is read from the environment, PETSTORE_TOKEN.

Rows that the API refuses are written to FILE.refused.jsonl. Fix them in FILE and run again: the
others are not created twice, as long as FILE.import-id stays next to FILE. An --import-id of your
own replaces it; files that share one are one import, and a new one imports everything again.

Exits with 0 when every row is in the store, 1 when some were refused, 2 when the import could not
start or broke off, 130 after Ctrl-C.
"""

import argparse
import asyncio
import math
import os
import re
import sys
from pathlib import Path

from importer.errors import BadFile, BrokenOff, Interrupted, Unreachable
from importer.keys import RowKeys, import_id, record_of
from importer.refused import RefusedRows
from importer.rows import read_rows
from importer.run import Options, run
from importer.shown import shown
from importer.source import Source
from importer.totals import Totals

# No user and password, no query: the path of the pets is added to it.
_URL = re.compile(
    r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~%/-]*)?",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[!-~]*")
_MAX_CONCURRENCY = 100
_MAX_PORT = 65_535
_AGAIN = "Run it again to continue: within 24 hours no row creates a second pet."


def main(arguments: list[str] | None = None) -> int:
    """Run the import; return the exit code."""
    parser = _build_parser()
    chosen = parser.parse_args(arguments)
    if not _TOKEN.fullmatch(_read_token()):
        parser.error("PETSTORE_TOKEN holds characters that no token has")
    try:
        with Source(chosen.file) as source:
            return _import(source, chosen)
    except (Interrupted, KeyboardInterrupt):
        _say(f"Interrupted. {_AGAIN}")
        return 130
    except BadFile as error:
        _say(f"BAD FILE: {shown(str(error))}.")
    except Unreachable as error:
        _say(f"NO SERVER: {shown(str(error))}")
    except BrokenOff as error:
        _say(f"BROKEN OFF: {shown(str(error))}.\n{_AGAIN}")
    return 2


def _import(source: Source, chosen: argparse.Namespace) -> int:
    _check(source)
    options = Options(
        chosen.url.rstrip("/") + "/pets",
        _read_token(),
        chosen.concurrency,
        chosen.tries,
        chosen.timeout,
    )
    name = chosen.import_id or _find_import_id(source)
    totals, refused = Totals(), RefusedRows(source.path)
    try:
        with RowKeys(name) as keys, refused:
            asyncio.run(run(source, keys, refused, totals, options))
            refused.forget_old()
    finally:
        _report(totals, refused)
    return 1 if totals.refused else 0


def _check(source: Source) -> None:
    for _ in read_rows(source):
        pass


def _read_token() -> str:
    return os.environ.get("PETSTORE_TOKEN", "").strip()


def _find_import_id(source: Source) -> str:
    found = import_id(source.path, source.digest)
    if found != source.digest:
        _say(
            "The file has changed since its first import: rows imported in the last 24 hours are"
            f" not created again. Delete {shown(str(record_of(source.path)))} to import all of it."
        )
    return found


def _report(totals: Totals, refused: RefusedRows) -> None:
    print(
        f"created {totals.created:,}, already there {totals.existing:,},"
        f" refused {totals.refused:,}, in {totals.seconds:.1f} s ({totals.rate:,.0f} rows/s)"
    )
    if totals.refused:
        print(f"refused rows: {shown(str(refused.path))}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m importer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="ends in .csv, .tsv, .txt, .jsonl or .ndjson")
    add(
        "--url",
        type=_parse_url,
        default="http://127.0.0.1:7071/api",
        help="of the API (%(default)s)",
    )
    add("--concurrency", type=_parse_concurrency, default=8, help="requests at once (%(default)s)")
    add("--tries", type=_parse_tries, default=8, help="attempts per row (%(default)s)")
    add(
        "--timeout",
        type=_parse_seconds,
        default=30.0,
        help="seconds a request may take (%(default)s)",
    )
    add("--import-id", default="", metavar="NAME", help="a name of your own for this import")
    return parser


def _parse_url(text: str) -> str:
    found = _URL.fullmatch(text)
    if not found or int((found[2] or ":0")[1:]) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a plain http or https URL")
    return text


def _parse_concurrency(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_CONCURRENCY:
        raise argparse.ArgumentTypeError(f"{text!r} is not from 1 to {_MAX_CONCURRENCY}")
    return int(text)


def _parse_tries(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _parse_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
