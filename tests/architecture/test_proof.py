"""docs/proof.md: what it names exists, and each section about Azure is judged."""

import re

import pytest

from tests.documents import quoted, read, rows
from tests.tree import ROOT

_PAGE = "docs/proof.md"
_JUDGED = ("docs/deploy.md", "docs/operations.md", "docs/limits.md")
_KINDS = ("real", "recorded", "watched", "source", "document", "open")
_HEADINGS = ("Deploy", "Publish", "Run", "Operate")


def _claims(page: str) -> list[list[str]]:
    """Return the rows of the tables of claims."""
    parts = re.split(r"^## ", page, flags=re.MULTILINE)
    return [row for part in parts if part.startswith(_HEADINGS) for row in rows(part)]


def _unknown(page: str) -> list[str]:
    """Return what a page names as proof and the tree does not have."""
    return [name for row in _claims(page) for name in quoted(row[3]) if not _exists(name)]


def _exists(name: str) -> bool:
    if name.startswith("make "):
        return re.search(rf"^{name[5:]}:", read("Makefile"), re.MULTILINE) is not None
    file, _, test = name.partition("::")
    if not (ROOT / file).exists():
        return False
    return not test or re.search(rf"def {test}\b", read(file)) is not None


def test_each_proof_exists() -> None:
    """Each test, file and target is there, and each claim names one."""
    claims = _claims(read(_PAGE))
    assert len(claims) > 40
    assert [row for row in claims if not quoted(row[3])] == []
    assert _unknown(read(_PAGE)) == []


@pytest.mark.parametrize("name", ["tests/no.py", "tests/infra/test_smoke.py::test_no", "make no"])
def test_an_invented_proof_is_seen(name: str) -> None:
    """A test, a function and a target that do not exist are reported."""
    page = read(_PAGE)
    assert _unknown(page.replace("`tests/infra/test_smoke.py`", f"`{name}`")) == [name]


def test_each_claim_has_a_kind() -> None:
    """Each claim says in the page's own words what it rests on."""
    for row in _claims(read(_PAGE)):
        assert re.search(rf"\b({'|'.join(_KINDS)})\b", row[2]), row[0]


def _anchors(page: str) -> set[str]:
    headings = re.findall(r"^##+ (.+)$", read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", _JUDGED)
def test_each_section_is_judged(page: str) -> None:
    """No section that speaks of Azure goes without a row."""
    name = page.removeprefix("docs/")
    linked = set(re.findall(rf"\({re.escape(name)}#([\w-]+)\)", read(_PAGE)))
    assert _anchors(page) - linked == set()


def test_the_steps_are_those_of_the_program() -> None:
    """Steps of scripts/prove-in-azure that the page names are steps."""
    named = re.findall(r'`scripts/prove-in-azure`, ("[^|]+?) ?\|', read(_PAGE))
    steps = read("scripts/prove/__main__.py")
    for step in re.findall(r'"([^"]+)"', " ".join(named)):
        assert f'"{step}' in steps, step
    assert len(named) > 4
