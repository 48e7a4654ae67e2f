"""The OpenAPI document: what the code says, and what tools of others say of it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import function_app
from openapi import document, operations
from petstore.http.problems import ANSWERS
from tests.proof.node_tools import HERE, installed
from tests.tree import ROOT

_DOCUMENT: dict[str, Any] = json.loads(document.FILE.read_text())


def test_the_file_is_what_the_code_says() -> None:
    """The committed document is the one that code and routes make: `make openapi`."""
    assert document.FILE.read_text() == document.text(function_app.app.operations)


def test_every_route_is_described() -> None:
    """Each operation of the app is described, and no other is; the pages show the document."""
    named = {operation.name for operation in function_app.app.operations if operation.methods}
    assert set(operations.OPERATIONS) | operations.PAGES | operations.UNDESCRIBED == named
    assert "/docs" not in _DOCUMENT["paths"]


def _described() -> Iterator[tuple[str, str]]:
    """Return what a reader meets, each with its description; an empty one where there is none."""
    for path, item in _DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield f"{method} {path}", operation.get("description", "")
    for kind, components in _DOCUMENT["components"].items():
        for name, component in components.items():
            yield f"{kind} {name}", component.get("description", "")
            if kind == "schemas":
                yield from _members(name, component)


def _members(name: str, schema: Any) -> Iterator[tuple[str, str]]:
    for member, inner in schema.get("properties", {}).items():
        yield f"{name}.{member}", inner.get("description", "")
        yield from _members(f"{name}.{member}", inner)
        yield from _members(f"{name}.{member}[]", inner.get("items", {}))


def test_everything_has_a_description() -> None:
    """Each operation, component and member says in words what its name cannot say."""
    found = dict(_described())
    assert len(found) > 80
    assert [what for what, words in found.items() if len(words.split()) < 2] == []


def test_no_example_acts() -> None:
    """What Try it out sends unasked changes nothing: no key, no condition, no address, no id."""
    parameters = _DOCUMENT["components"]["parameters"].values()
    assert [one["name"] for one in parameters if "example" in one or "examples" in one] == []
    sent = _DOCUMENT["paths"]["/pets"]["post"]["requestBody"]["content"]["application/json"]
    assert "@" not in json.dumps(sent["example"])


def test_the_server_is_where_the_document_is() -> None:
    """The server is relative to the document, so that no prefix and no gateway makes it wrong."""
    assert [server["url"] for server in _DOCUMENT["servers"]] == ["."]


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
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [name for name in loaded.stdout.split() if name.partition(".")[0] == "openapi"] == []
