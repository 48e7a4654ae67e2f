"""Import pets from a file: CSV with a header row, or JSON Lines.

The file is read once before the first request, so that one with a broken form makes no pet. Then
each row is posted with an Idempotency-Key: an import that broke off is run again, and no row makes
a second pet within 24 hours. A bearer token is taken from the environment, PETSTORE_TOKEN.

Rows that the API refuses are written to FILE.refused.jsonl. Mend them in FILE and run again: the
others are not made twice, as long as FILE.import-id stays beside FILE. An --import-id of your own
takes its place; files that share one are one import, and another one imports everything anew.

Exits with 0 when every row is there, 1 when some were refused, 2 when the import could not be run
or broke off, 130 after Ctrl-C.
"""

import argparse
import asyncio
import math
import os
import re
import sys
from pathlib import Path

from importer.errors import BadFile, BrokenOff, Interrupted, Unreachable
from importer.keys import Keys, import_id, record_of
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
_AGAIN = "Run it again to go on: what is there is not made twice within 24 hours."


def main(arguments: list[str] | None = None) -> int:
    """Run the import and give the exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if not _TOKEN.fullmatch(_token()):
        parser.error("PETSTORE_TOKEN holds what no token does")
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
        chosen.url.rstrip("/") + "/pets", _token(), chosen.concurrency, chosen.tries, chosen.timeout
    )
    name = chosen.import_id or _kept_id(source)
    totals, refused = Totals(), RefusedRows(source.path)
    try:
        with Keys(name) as keys, refused:
            asyncio.run(run(source, keys, refused, totals, options))
            refused.forget_old()
    finally:
        _report(totals, refused)
    return 1 if totals.refused else 0


def _check(source: Source) -> None:
    for _ in read_rows(source):
        pass


def _token() -> str:
    return os.environ.get("PETSTORE_TOKEN", "").strip()


def _kept_id(source: Source) -> str:
    found = import_id(source.path, source.digest)
    if found != source.digest:
        _say(
            "The file has changed since its first import: rows that were made in the last 24 hours"
            f" are not made again. Delete {shown(str(record_of(source.path)))} to import it anew."
        )
    return found


def _report(totals: Totals, refused: RefusedRows) -> None:
    print(
        f"made {totals.made:,}, already there {totals.there:,}, refused {totals.refused:,},"
        f" in {totals.seconds:.1f} s ({totals.rate:,.0f} rows/s)"
    )
    if totals.refused:
        print(f"refused rows: {shown(str(refused.path))}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m importer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="ends in .csv, .tsv, .txt, .jsonl or .ndjson")
    add("--url", type=_url, default="http://127.0.0.1:7071/api", help="the API's (%(default)s)")
    add("--concurrency", type=_concurrency, default=8, help="requests at once (%(default)s)")
    add("--tries", type=_tries, default=8, help="how often a row is tried (%(default)s)")
    add("--timeout", type=_seconds, default=30.0, help="seconds a request may take (%(default)s)")
    add("--import-id", default="", metavar="NAME", help="which import this is, in your own words")
    return parser


def _url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no plain http or https URL")
    return text


def _concurrency(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_CONCURRENCY:
        raise argparse.ArgumentTypeError(f"{text!r} is not from 1 to {_MAX_CONCURRENCY}")
    return int(text)


def _tries(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not (math.isfinite(seconds) and seconds > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
