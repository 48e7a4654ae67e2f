"""Running the programs that a proof needs: az, make and the smoke test."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Those that the parameter files read: a proof deploys what it names, not what this shell has set.
_FOREIGN = {
    *("ENVIRONMENT_NAME", "AZURE_ENV_NAME", "KEEP_SECRETS", "RESTORED_ACCOUNT", "ALERT_EMAIL"),
    *("SMTP_URL", "MAIL_FROM", "JWT_SECRET", "JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE"),
}
_SHOWN_LINES = 15
_PATIENCE = 3600


class Failed(Exception):
    """A step did not end as it should; the text says how, for the report."""


def run(*command: str, patience: int = _PATIENCE, **settings: str) -> str:
    """Run a program in the project's folder; return what it printed.

    Args:
        command: the program and its arguments.
        patience: seconds after which it is ended.
        settings: what is added to the environment; secrets go here, never into arguments.

    Raises:
        Failed: it is not installed, or ended with another code than 0.
    """
    print("$", *command, file=sys.stderr, flush=True)
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, our own arguments
            command,
            cwd=ROOT,
            env=kept | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this program alone, which ends the other
        )
    except OSError as error:
        raise Failed(f"{command[0]} does not start: {error.strerror}") from error
    try:
        printed, complaint = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        _end(process)
        raise Failed(f"{_named(command)} did not end within {patience} s") from None
    except BaseException:
        _end(process)
        raise
    if process.returncode:
        text = "\n".join((complaint or printed).strip().splitlines()[-_SHOWN_LINES:])
        raise Failed(f"{_named(command)} ended with code {process.returncode}:\n{text}")
    return printed


def az(*words: str, patience: int = _PATIENCE, **settings: str) -> Any:  # noqa: ANN401 - JSON
    """Run an Azure CLI command; return its decoded JSON, None where it prints nothing."""
    options = ("--output", "json", "--only-show-errors")
    printed = run("az", *words, *options, patience=patience, **settings)
    try:
        return json.loads(printed) if printed.strip() else None
    except ValueError as error:
        raise Failed(f"{_named(('az', *words))} printed no JSON: {printed[:200]!a}") from error


def _end(process: subprocess.Popen[str]) -> None:
    """End a program and what it has started."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _named(command: tuple[str, ...]) -> str:
    return " ".join(command[:4])
