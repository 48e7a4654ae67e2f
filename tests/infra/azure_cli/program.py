"""The real Azure CLI, in an environment of its own, logged in to the stand-in."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import certificate
from tests.infra import bicep
from tests.infra.azure_cli.stand_in import CLIENT, SECRET, TENANT, Azure, running_azure
from tests.tree import ROOT

_HERE = Path(__file__).parent
_PLACE = ".tools/azure-cli"
_ENDPOINTS = (
    *("resourceManager", "activeDirectory", "activeDirectoryResourceId"),
    *("logAnalyticsResourceId", "microsoftGraphResourceId"),
)
# az asks for the version once or more before each command.
_BICEP = """#!/bin/sh
[ "$*" != --version ] || exec echo "{1}"
exec "{0}" "$@"
"""
_PYTHON = ROOT / _PLACE / "bin/python"


def installed() -> Path:
    """Install the Azure CLI where it is not yet; return its Python, or skip and say what is lost."""
    setup = (str(ROOT / "scripts/setup"), _PLACE, "3.13", str(_HERE / "requirements.txt"))
    ended = subprocess.run(setup, check=False, capture_output=True, text=True)
    if ended.returncode:
        pytest.skip(f"NO AZURE CLI: no az command is tried. {ended.stderr[-500:]}")
    return _PYTHON


def complaints(lines: Sequence[Sequence[str]], folder: Path) -> list[str]:
    """Return what az says against each command line; nothing is run."""
    ended = subprocess.run(
        [str(_PYTHON), str(_HERE / "parse.py")],
        check=True,
        capture_output=True,
        text=True,
        input=json.dumps(lines),
        env=_environment(folder),
    )
    found: list[str] = json.loads(ended.stdout)
    return found


@dataclass(frozen=True)
class Az:
    """az, logged in.

    Attributes:
        azure: what answers it.
        environment: what az needs to find the stand-in and the Bicep compiler.
    """

    azure: Azure
    environment: Mapping[str, str]

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run one command from the project's folder, with settings for the parameter files."""
        return subprocess.run(
            [str(_PYTHON), "-m", "azure.cli", *words],
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
        )


@contextmanager
def logged_in(folder: Path) -> Iterator[Az]:
    """Start a stand-in and log in to it as a pipeline does; end it afterwards."""
    azure = Azure()
    context, file = certificate(folder)
    with running_azure(azure, context) as url:
        az = Az(azure, _environment(folder) | {"REQUESTS_CA_BUNDLE": str(file)})
        described = json.dumps({"endpoints": dict.fromkeys(_ENDPOINTS, url)})
        for words in (
            (
                "cloud",
                "register",
                "-n",
                "stand-in",
                "--skip-endpoint-discovery",
                "--cloud-config",
                described,
            ),
            ("cloud", "set", "-n", "stand-in"),
            ("login", "--service-principal", "-u", CLIENT, "-p", SECRET, "-t", TENANT),
        ):
            ended = az.run(*words)
            assert ended.returncode == 0, ended.stderr
        yield az


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment that holds nothing of the caller's but where programs are."""
    compiler = bicep.compiler()
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    if compiler:
        # Not a link: its name need not be bicep, and it may look for its parts next to itself.
        (programs / "bicep").write_text(_BICEP.format(Path(compiler).absolute(), bicep.version()))
        (programs / "bicep").chmod(0o755)
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(folder),
        "AZURE_CONFIG_DIR": str(folder / "azure"),
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_BICEP_USE_BINARY_FROM_PATH": "true",
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        "PYTHONWARNINGS": "ignore",
        "NO_PROXY": "127.0.0.1",
    }
