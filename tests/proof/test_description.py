"""The OpenAPI document: what the code says, and what tools of others say of it."""

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import function_app
from openapi import document, operations
from petstore.http.problems import ANSWERS
from tests.proof.node_tools import HERE, installed

_ROOT = Path(__file__).parents[2]
_DOCUMENT: dict[str, Any] = json.loads(document.FILE.read_text())


def test_the_file_is_what_the_code_says() -> None:
    """The committed document is the one that code and routes make: `make openapi`."""
    assert document.FILE.read_text() == document.text(function_app.app.operations)


def test_every_route_is_described() -> None:
    """Each operation of the app is described, and no other is."""
    named = {operation.name for operation in function_app.app.operations if operation.methods}
    assert set(operations.OPERATIONS) == named


def test_every_error_word_is_told() -> None:
    """Each short error word stands in the document."""
    text = json.dumps(_DOCUMENT["components"]["responses"])
    for _, word, _ in ANSWERS.values():
        assert word in text or word == "Method not allowed"


def test_what_is_promised_is_used() -> None:
    """No component is left that nothing refers to."""
    text = json.dumps(_DOCUMENT)
    for kind, components in _DOCUMENT["components"].items():
        for name in components:
            assert kind == "securitySchemes" or f'"#/components/{kind}/{name}"' in text, name


def _spectral(document: Path) -> tuple[int, str]:
    program = installed() / "spectral"
    options = ["--fail-severity=error", f"--ruleset={HERE / 'spectral.yaml'}"]
    result = subprocess.run(
        [program, "lint", *options, document], capture_output=True, text=True, check=False
    )
    return result.returncode, result.stdout + result.stderr


def _redocly(document: Path) -> tuple[int, str]:
    program = installed() / "redocly"
    options = [f"--config={HERE / 'redocly.yaml'}"]
    result = subprocess.run(
        [program, "lint", *options, document], cwd=HERE, capture_output=True, text=True, check=False
    )
    return result.returncode, result.stdout + result.stderr


@pytest.mark.tools
def test_spectral_with_the_owasp_rules() -> None:
    """Spectral finds no error by its own rules and OWASP's."""
    code, output = _spectral(document.FILE)
    assert code == 0, output
    assert "0 errors" in output or "No results" in output


@pytest.mark.tools
def test_redocly() -> None:
    """Redocly finds neither error nor warning."""
    code, output = _redocly(document.FILE)
    assert code == 0, output
    assert "warning" not in output.lower().replace("deprecation warning", "")


@pytest.mark.tools
def test_the_tools_find_what_is_wrong(tmp_path: Path) -> None:
    """A planted fault is found by each of them."""
    broken = json.loads(document.FILE.read_text())
    del broken["components"]["schemas"]["PetInput"]["properties"]["name"]["maxLength"]
    broken["paths"]["/pets"]["get"]["operationId"] = "create_pet"
    copy = tmp_path / "openapi.json"
    copy.write_text(json.dumps(broken))
    assert _spectral(copy)[0] != 0
    assert _redocly(copy)[0] != 0


def test_every_silenced_rule_has_its_reason() -> None:
    """Above each rule that is changed stands a comment that says why."""
    for name in ("spectral.yaml", "redocly.yaml"):
        for before, line in pairwise((HERE / name).read_text().splitlines()):
            if re.search(r": (off|warn)$", line):
                assert before.strip().startswith("#") or re.search(r": (off|warn)$", before), line


def test_imports_stay_out_of_production() -> None:
    """The generator is not imported when the app is indexed."""
    code = "import sys, function_app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    assert [name for name in loaded.stdout.split() if name.partition(".")[0] == "openapi"] == []
