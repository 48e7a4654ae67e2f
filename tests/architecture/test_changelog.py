"""The changelog has its form, and its newest release is the version that the code names."""

import json
import re
from datetime import date

from petstore import __version__
from tests.documents import read
from tests.tree import ROOT

_CHANGES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
_RELEASE = re.compile(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)")


def _problems(text: str, version: str) -> list[str]:
    """Return what a changelog lacks of the form of Keep a Changelog 1.1.0."""
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    releases = [_RELEASE.fullmatch(heading) for heading in headings[1:]]
    versions = [tuple(map(int, found.groups()[:3])) for found in releases if found]
    days = [date.fromisoformat(found[4]) for found in releases if found]
    kinds = re.findall(r"^### (.*)$", text, re.MULTILINE)
    checks = {
        "the first section is [Unreleased]": headings[:1] == ["[Unreleased]"],
        "every other section is [X.Y.Z] - YYYY-MM-DD": all(releases) and bool(releases),
        "releases are newest first": sorted(versions, reverse=True) == versions,
        "dates are newest first": sorted(days, reverse=True) == days,
        "the newest release is the code's version": versions[:1]
        == [tuple(map(int, version.split(".")))],
        "changes are of known kinds": set(kinds) <= _CHANGES and bool(kinds),
        "every change stands under its kind": not re.search(r"^## .*\n+- ", text, re.MULTILINE),
    }
    return [rule for rule, holds in checks.items() if not holds]


def test_the_form() -> None:
    """CHANGELOG.md has the form of Keep a Changelog and names the code's version."""
    assert _problems(read("CHANGELOG.md"), __version__) == []


def test_a_wrong_form_is_seen() -> None:
    """Another version, another order, an undated release and a bare change are found."""
    text = read("CHANGELOG.md")
    assert _problems(text, "9.0.0") == ["the newest release is the code's version"]
    assert _problems(text.replace("] - 2026-11-25", "]"), __version__)
    assert _problems(text + "\n## [2.0.0] - 2026-11-26\n", __version__)
    assert _problems(text.replace("### Added\n", "", 1), __version__)


def test_the_contract_names_the_version() -> None:
    """The OpenAPI document carries the same version."""
    document = json.loads((ROOT / "petstore/http/openapi.json").read_text())
    assert document["info"]["version"] == __version__
