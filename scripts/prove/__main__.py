"""Prove in a subscription what no test on a laptop can show; print a report in Markdown.

usage: scripts/prove-in-azure PLAN LOCATION [--idle MINUTES]

Deploys the templates to a new resource group of the subscription that `az` is logged in to, twice;
checks the roles; publishes the app built in Azure and as a package; runs the smoke test; measures
first and later answers; waits for logs; and deletes the group, also after a failure and after
Ctrl-C. A group that it did not create is never touched. Takes about an hour, and costs less than a
dollar. Progress goes to standard error, the report to standard output.

Exits with 0 when every step passed, 1 when one failed, 2 when it could not start, 3 when the group
is still there, 130 when it was interrupted.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NoReturn

from scripts.prove import latency, publishing, resources
from scripts.prove.commands import Failed, az, run
from scripts.prove.group import SIGNALS, Group
from scripts.prove.proof import Proof
from scripts.prove.report import Report, Row

_DEPLOY, _REMOTE, _PACKAGE = "Deploy", "Publish, built in Azure", "Publish the package"
# Each with the step that it needs.
_STEPS: tuple[tuple[str, Callable[[Proof], list[str]], str], ...] = (
    (_DEPLOY, resources.deploy, ""),
    ("Check the roles", resources.check_roles, _DEPLOY),
    ("Deploy again", resources.deploy_again, _DEPLOY),
    (_REMOTE, publishing.publish_built_in_azure, _DEPLOY),
    ("Measure cold, built in Azure", latency.measure_cold, _REMOTE),
    ("Measure warm", latency.measure_warm, _REMOTE),
    (_PACKAGE, publishing.publish_package, _DEPLOY),
    ("Measure cold, package", latency.measure_cold, _PACKAGE),
    ("Find the logs", resources.check_logs, _REMOTE),
)


def main(arguments: Sequence[str], pause: Callable[[float], None] = time.sleep) -> int:
    """Run the proof; return the exit code."""
    options = _options(arguments)
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    group = Group(options.location, pause)
    proof = Proof(options.plan, options.location, options.idle, group, pause)
    report = Report(f"{proof.plan} in {proof.location}, {datetime.now(UTC):%d %B %Y}")
    code = 2
    try:
        report.lines += _versions()
        group.create()
        code = _run(proof, report)
    except Failed as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        code = 130
        print("Interrupted.", file=sys.stderr)
    finally:
        code = _clean_up(group, code)
        print(report.markdown(proof.secret))
    return code


def _run(proof: Proof, report: Report) -> int:
    for name, step, needed in _STEPS:
        if needed and report.result(needed) != "passed":
            report.rows.append(Row(name, "not tried"))
            continue
        print(f"== {name}", file=sys.stderr, flush=True)
        started = time.monotonic()
        try:
            result, lines = "passed", step(proof)
        except Failed as error:
            print(error, file=sys.stderr)
            result, lines = "failed", str(error).splitlines()
        report.rows.append(Row(name, result, time.monotonic() - started, tuple(lines)))
    return 0 if report.has_passed else 1


def _clean_up(group: Group, code: int) -> int:
    """Delete the group; return the exit code, which says when it is still there."""
    try:
        group.delete()
    except (Failed, KeyboardInterrupt) as error:
        print(
            error,
            f"STILL THERE, unless Azure is deleting it: az group delete -n {group.name} --yes",
            sep="\n",
            file=sys.stderr,
        )
        return 3
    return code


def _versions() -> list[str]:
    """Return what is deployed with what; the subscription is named on standard error only."""
    account = az("account", "show", "--query", "name")
    print(f"In the subscription {account!a}; Ctrl-C deletes what was made.", file=sys.stderr)
    commit = run("git", "describe", "--always", "--dirty").strip()
    found = [
        f"Azure CLI {az('version')['azure-cli']}",
        f"Core Tools {run('func', '--version').strip()}",
        f"{run('az', 'bicep', 'version').strip()}",
    ]
    return [f"Commit {commit}; {'; '.join(found)}."]


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/prove-in-azure",
        description=str(__doc__).partition("\n\n")[0],
        epilog="What it does, what it costs and how it exits: see scripts/prove/__main__.py.",
    )
    parser.add_argument("plan", choices=("consumption", "flex"))
    parser.add_argument("location", help="Azure region, such as westeurope")
    parser.add_argument(
        "--idle", type=int, default=0, help="minutes to leave the app alone before a cold start"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
