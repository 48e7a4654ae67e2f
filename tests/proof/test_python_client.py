"""The client that openapi-python-client generates from the document works on the live server."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openapi import document
from tests.api.tokens import token
from tests.e2e.server import Server
from tests.proof.python_tools import installed
from tests.tree import ROOT

pytestmark = pytest.mark.tools

_HERE = ROOT / "tests/proof/python_client"
_DOCUMENT: dict[str, Any] = json.loads(document.FILE.read_text())


def _generate(folder: Path, described: dict[str, Any]) -> Path:
    """Generate the client into a folder of its own; return that."""
    source, config = folder / "openapi.json", folder / "config.json"
    source.write_text(json.dumps(described))
    # Nothing is formatted: no person reads it.
    config.write_text(json.dumps({"post_hooks": []}))
    target = folder / "petstore_client"
    options = [f"--path={source}", f"--config={config}", f"--output-path={target}", "--meta=none"]
    program = installed("python_client") / "openapi-python-client"
    ended = subprocess.run(
        [program, "generate", "--fail-on-warning", *options],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout
    return folder


def _drive(server: Server, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [installed("python_client") / "python", _HERE / "drive.py", server.api],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            **{user.upper(): token(user) for user in ("ada", "bob")},
        },
        check=False,
        capture_output=True,
        text=True,
    )


def test_every_operation(own_server: Server, tmp_path: Path) -> None:
    """Each operation is called; bodies, pages, tags and problems are what the types promise."""
    ended = _drive(own_server, _generate(tmp_path, _DOCUMENT))
    assert ended.returncode == 0, ended.stderr
    operations = [one for path in _DOCUMENT["paths"].values() for one in path.values()]
    assert ended.stdout.split() == sorted(one["operationId"] for one in operations)


def _mistype(described: dict[str, Any]) -> None:
    described["components"]["schemas"]["Inventory"]["properties"]["sold"] = {
        "type": "object",
        "properties": {"count": {"type": "integer"}},
    }


def _omit_a_status(described: dict[str, Any]) -> None:
    del described["paths"]["/pets/{pet_id}/order"]["put"]["responses"]["409"]


def _set_a_default(described: dict[str, Any]) -> None:
    status = {"enum": ["available", "pending", "sold"], "type": "string", "default": "available"}
    described["components"]["schemas"]["PetInput"]["properties"]["status"] = status


def _give_head_a_body(described: dict[str, Any]) -> None:
    responses = described["paths"]["/pets/{pet_id}"]["head"]["responses"]
    responses["404"] = {"$ref": "#/components/responses/NotFound"}


@pytest.mark.parametrize(
    ("plant", "failure"),
    [
        (_mistype, "TypeError"),
        (_omit_a_status, "UnexpectedStatus"),
        (_set_a_default, "Pet has an order"),
        (_give_head_a_body, "JSONDecodeError"),
    ],
)
def test_a_planted_fault(
    own_server: Server, tmp_path: Path, plant: Callable[[dict[str, Any]], None], failure: str
) -> None:
    """A document that is wrong in one place makes a client that fails."""
    described = json.loads(json.dumps(_DOCUMENT))
    plant(described)
    assert failure in _drive(own_server, _generate(tmp_path, described)).stderr
