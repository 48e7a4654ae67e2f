"""``python -m costs``: print what a month's traffic costs on each plan."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from costs.errors import BadInput
from costs.operations import read_measured
from costs.plans import Month, bills
from costs.prices import read_prices
from costs.report import as_json, as_text
from costs.traffic import Traffic


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the bills; return the exit code, 2 for input that cannot be used."""
    given = _parser().parse_args(arguments)
    try:
        traffic = Traffic(given.requests, given.reads, given.lists, given.peak, given.pets)
        measured = read_measured(traffic.pets)
        month = Month(traffic, measured, read_prices(given.region), given.memory)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    write = as_json if given.json else as_text
    print(write(month, bills(month), datetime.now(UTC).date()))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m costs", description=__doc__, allow_abbrev=False)
    usual = Traffic()
    parser.add_argument("--requests", type=float, default=usual.requests, help="a month")
    parser.add_argument("--reads", type=float, default=usual.reads, help="share, 0 to 1")
    parser.add_argument(
        "--lists", type=float, default=usual.lists, help="share of the reads that list, 0 to 1"
    )
    parser.add_argument("--peak", type=float, help="requests a second; default: 3 times the mean")
    parser.add_argument("--pets", type=float, default=usual.pets, help="how many are kept")
    parser.add_argument("--region", default="eastus", help="whose prices; default: eastus")
    parser.add_argument(
        "--memory", type=int, default=2048, choices=[512, 2048, 4096], help="MB of a flex instance"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
