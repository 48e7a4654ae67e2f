"""What the app reads, what Azure is told, what the example shows, what the documents say: one."""

import ast
import json
import re

import pytest

from tests.infra.rules import Resource, app_settings
from tests.tree import ROOT

pytestmark = pytest.mark.infra

# The platform, its tools and the Functions host read these, not the app.
_PLATFORM = re.compile(
    r"WEBSITE_\w+|FUNCTIONS_\w+|AzureWebJobs\w+|APPLICATIONINSIGHTS_\w+", re.ASCII
)
_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


def _own(names: set[str]) -> set[str]:
    return {name for name in names if not _PLATFORM.fullmatch(name)}


def _read() -> set[str]:
    """Find the settings where they are read, and the %NAMES% that the host fills in."""
    sources = [path.read_text() for path in ROOT.glob("petstore/*settings.py")]
    texts = {
        str(node.value)
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
    }
    return _own({text for text in texts if _NAME.fullmatch(text)} | _filled_in())


def _filled_in() -> set[str]:
    files = ("host.json", "function_app.py", "petstore/settings.py")
    text = "".join((ROOT / name).read_text() for name in files)
    return set(re.findall(r"%([A-Z_]+)%", text))


def _documented() -> set[str]:
    """Find the settings that docs/operations.md lists as left alone by the template."""
    text = (ROOT / "docs/operations.md").read_text()
    section = text.partition("### Settings that the template leaves alone")[2].partition("\n#")[0]
    return set(re.findall(r"^\| `([A-Z_]+)`", section, re.MULTILINE))


def test_every_setting_reaches_azure(resources: list[Resource]) -> None:
    """Each setting that the app reads is set by the template or documented as left alone."""
    assert _read() - _own(set(app_settings(resources))) == _documented()


def test_nothing_is_set_for_nobody(deployments: dict[str, list[Resource]]) -> None:
    """No setting is set that neither the app nor the platform reads."""
    for plan, resources in deployments.items():
        assert _own(set(app_settings(resources))) - _read() == set(), plan


def test_the_example_shows_every_setting() -> None:
    """The example for a laptop holds each setting that the app reads, and no other."""
    example = json.loads((ROOT / "local.settings.json.example").read_text())
    assert _own(set(example["Values"])) == _read()


def test_names_that_the_host_fills_in_are_set(resources: list[Resource]) -> None:
    """A %NAME% without a setting would put its function in error."""
    assert _filled_in() <= set(app_settings(resources))
