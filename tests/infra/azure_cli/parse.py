"""Let az parse command lines without running them; run by the Python that has the Azure CLI.

Reads a JSON list of command lines, each a list of words after ``az``, from standard input and prints
a JSON list of what az says against each, empty where it says nothing.
"""

import io
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from azure.cli.core import get_default_cli
from azure.cli.core.commands import AzCliCommandInvoker


class _Parsed(BaseException):
    """The command line is right: there is no more to do."""


def _stop(*_: object) -> None:
    raise _Parsed


def _complaint(cli: Any, words: Sequence[str], said: io.StringIO) -> str:
    said.seek(0)
    said.truncate()
    try:
        code = cli.invoke(words)
    except _Parsed:
        return ""
    except SystemExit as error:
        code = error.code
    return "" if code == 0 else said.getvalue() or f"exit code {code}"


def main() -> None:
    """Parse all of them."""
    # What az does next with a parsed line: ask whether it is meant, then run it.
    AzCliCommandInvoker.resolve_confirmation = _stop
    # az keeps the stream that it first logs to, so all lines share one.
    with redirect_stderr(io.StringIO()) as said, redirect_stdout(io.StringIO()):
        cli = get_default_cli()
        found = [_complaint(cli, words, said) for words in json.load(sys.stdin)]
    json.dump(found, sys.stdout)


main()
