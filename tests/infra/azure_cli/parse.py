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


def _complaint(cli: Any, words: Sequence[str]) -> str:
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
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
    cli = get_default_cli()
    json.dump([_complaint(cli, words) for words in json.load(sys.stdin)], sys.stdout)


main()
