"""The types that openapi-typescript makes of the document hold on the live server."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from openapi import document
from tests.api.tokens import token
from tests.e2e.server import Server
from tests.proof.node_tools import HERE, installed

pytestmark = pytest.mark.tools

_DOCUMENT: dict[str, Any] = json.loads(document.FILE.read_text())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with the program, where its packages are found."""
    tools = installed()
    shutil.copytree(HERE / "typescript_client", tmp_path / "client")
    (tmp_path / "node_modules").symlink_to(tools.parent)
    (tmp_path / "client/package.json").write_text('{"type": "module"}')
    return tmp_path / "client"


def _compile(project: Path, described: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Generate the types, and compile the program that uses them, as strict as tsc can be."""
    (project / "openapi.json").write_text(json.dumps(described))
    types = [str(installed() / "openapi-typescript"), "openapi.json", "--output=schema.ts"]
    subprocess.run(types, cwd=project, check=True, capture_output=True)
    return subprocess.run(
        [installed() / "tsc"], cwd=project, check=False, capture_output=True, text=True
    )


def test_the_program(own_server: Server, project: Path) -> None:
    """It compiles under --strict, and what the server answers is what its types say."""
    compiled = _compile(project, _DOCUMENT)
    assert compiled.returncode == 0, compiled.stdout
    tokens = {user.upper(): token(user) for user in ("ada", "bob")}
    ended = subprocess.run(
        ["node", "out/drive.js", own_server.api],  # noqa: S607 - wherever it is
        cwd=project,
        env={"PATH": os.environ["PATH"], **tokens},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ended.stdout, ended.returncode) == ("done\n", 0), ended.stderr


def test_planted_faults(project: Path) -> None:
    """A document that is wrong in two places is refused by the compiler for each of them."""
    described = json.loads(json.dumps(_DOCUMENT))
    schemas = described["components"]["schemas"]
    schemas["PetPatch"]["properties"]["description"]["default"] = None
    schemas["Problem"]["required"].remove("error")
    del schemas["Problem"]["properties"]["error"]
    compiled = _compile(project, described)
    assert compiled.returncode != 0
    assert "'description' is missing" in compiled.stdout
    assert "'error' does not exist" in compiled.stdout
