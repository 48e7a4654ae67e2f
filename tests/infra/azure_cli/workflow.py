"""Runs the steps of a job of a GitHub workflow, as far as they are shell commands."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

type Contexts = Mapping[str, Mapping[str, str]]

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_KEPT = re.compile(r"HOME|LANG|(UV|PIP|NPM|SSL_CERT)_\w+|NODE_EXTRA_CA_CERTS|\w+_PROXY")
_REFERENCE = re.compile(r"(\w+)\.([\w.]+)")


@dataclass
class Job:
    """How a job ended.

    Attributes:
        ran: the names of the steps that ran.
        log: what they printed, both streams.
        is_red: whether a step failed, which ended the job.
        outputs: what the steps put into ``GITHUB_OUTPUT``, under ``id.outputs.name``.
    """

    ran: list[str] = field(default_factory=list)
    log: str = ""
    is_red: bool = False
    outputs: dict[str, str] = field(default_factory=dict)


def run_job(
    workflow: Path,
    name: str,
    contexts: Contexts,
    environment: Mapping[str, str],
    *,
    folder: Path,
    scratch: Path,
) -> Job:
    """Run a job's own commands in a folder, until one fails; steps that use an action are left out.

    Args:
        workflow: its file.
        name: the job.
        contexts: ``vars`` and ``secrets``.
        environment: of the runner.
        folder: where the steps run.
        scratch: the runner's folder for its own files.

    Raises:
        ValueError: a step uses an expression that this runner does not know.
    """
    described: dict[str, Any] = yaml.safe_load(workflow.read_text())["jobs"][name]
    job, output = Job(), scratch / "output"
    for step in described["steps"]:
        if "run" not in step:
            continue
        output.write_text("")
        known = {**contexts, "steps": job.outputs}
        declared = {**described.get("env", {}), **step.get("env", {})}
        given = {key: _evaluate(str(value), known) for key, value in declared.items()}
        ended = subprocess.run(
            # The shell of a step without one: it stops at the first failure.
            ["bash", "-e", "-c", step["run"]],  # noqa: S607
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env={**environment, **given, "GITHUB_OUTPUT": str(output), "RUNNER_TEMP": str(scratch)},
            stdin=subprocess.DEVNULL,
        )
        job.ran.append(step.get("name", step["run"]))
        job.log += ended.stdout
        for line in output.read_text().splitlines():
            key, _, value = line.partition("=")
            job.outputs[f"{step['id']}.outputs.{key}"] = value
        if ended.returncode:
            job.is_red = True
            return job
    return job


def _evaluate(text: str, contexts: Contexts) -> str:
    """Fill in ``${{ a.b }}`` and ``${{ a.b || 'default' }}``; what is not set is empty."""
    return _EXPRESSION.sub(lambda found: _value(found[1], contexts), text)


def _value(expression: str, contexts: Contexts) -> str:
    for part in expression.split("||"):
        term = part.strip()
        if literal := re.fullmatch(r"'([^']*)'", term):
            return literal[1]
        reference = _REFERENCE.fullmatch(term)
        if reference is None or reference[1] not in contexts:
            raise ValueError(f"not known here: {expression}")
        if value := contexts[reference[1]].get(reference[2]):
            return value
    return ""


def runner_environment(programs: Path) -> dict[str, str]:
    """Return the environment of a fresh runner that finds these programs first.

    It reaches the registries of packages as this machine does, and shares its cache of them.
    """
    kept = {name: os.environ[name] for name in os.environ if _KEPT.fullmatch(name)}
    shared = {"UV_CACHE_DIR": str(Path.home() / ".cache/uv")}
    return {**shared, **kept, "PATH": f"{programs}:{os.environ['PATH']}", "CI": "true"}
