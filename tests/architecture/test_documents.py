"""README and the documents agree with the code and with one another."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from petstore.settings import read_settings
from tests import documents
from tests.documents import quoted, read, rows, section
from tests.tree import ROOT

_DOCS = sorted(page.relative_to(ROOT).as_posix() for page in ROOT.glob("docs/*.md"))
_PAGES = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "tests/README.md",
    "devhost/README.md",
    *_DOCS,
]
_API = json.loads((ROOT / "petstore/http/openapi.json").read_text())
# What a terminal, a patch or a review shows without breaking lines; tables cannot break.
_LONGEST = 100
_LONG = {
    "docs/architecture.md",
    "devhost/README.md",
    "docs/figures.md",
    "docs/when-to-use.md",
}


class Recorder(Mapping[str, str]):
    """Settings that remember what was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        """Return a setting."""
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._values)


def _links(page: str) -> list[str]:
    text = re.sub(r"^```.*?^```", "", read(page), flags=re.DOTALL | re.MULTILINE)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]


def _anchors(path: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", read(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", _PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Each relative link leads to a file of the tree, and its anchor to a heading."""
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target.relative_to(ROOT).as_posix()), link


@pytest.mark.parametrize("page", sorted({*_PAGES} - _LONG - {"CHANGELOG.md"}))
def test_lines_are_short(page: str) -> None:
    """No line has more than 100 characters, but for rows of tables outside README."""
    long = [line for line in read(page).splitlines() if len(line) > _LONGEST]
    assert [line for line in long if page == "README.md" or not line.startswith("|")] == []


def test_readme_is_short() -> None:
    """README has about 600 words: two minutes."""
    assert 400 <= len(read("README.md").split()) <= 700


@pytest.mark.parametrize("page", sorted({*_PAGES} - {"CHANGELOG.md"}))
def test_the_make_targets(page: str) -> None:
    """Every `make` command that a document names is in the menu."""
    menu = subprocess.run(
        ["make"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    named = set(re.findall(r"(?:^|`|\$ |make -s )make ([a-z][a-z0-9-]*)", read(page), re.MULTILINE))
    assert page != "README.md" or {"start", "test"} <= named
    assert named <= set(re.findall(r"^  make (\S+)", menu, re.MULTILINE))


def test_every_page_is_in_the_index() -> None:
    """docs/README.md leads to every page of docs/, and README leads to it."""
    others = {f"docs/{link.partition('#')[0]}" for link in _links("docs/README.md")}
    assert {*_DOCS} - {"docs/README.md"} <= others
    assert "docs/README.md" in _links("README.md")


def _messages() -> list[str]:
    text = section(read("docs/README.md"), "## Troubleshooting at home")
    return [message for row in rows(text) for message in quoted(row[0])]


def test_the_messages_are_those_of_the_code() -> None:
    """Each message under troubleshooting is printed by the code."""
    folders = ("devhost", "openapi", "petstore")
    sources = [path for name in folders for path in (ROOT / name).rglob("*.py")]
    sources += [path for path in (ROOT / "scripts").iterdir() if path.is_file()]
    printed = "".join(path.read_text() for path in sources)
    # What stands there through a name, or is continued on the next line.
    printed = re.sub(r'"\n\s*f?"', "", printed.replace("{STORAGE} is", "AzureWebJobsStorage is"))
    assert len(_messages()) > 10
    assert [message for message in _messages() if message not in printed] == []


def _full() -> dict[str, str]:
    return {
        "COSMOS_ENDPOINT": "https://a.example",
        "SMTP_URL": "smtp://a.example",
        "MAIL_FROM": "a@a.example",
        "JWT_SECRET": "x" * 32,
    }


def test_every_setting_is_documented() -> None:
    """docs/settings.md lists each setting that the code reads, and no other."""
    page = read("docs/settings.md")
    listed = {name for row in rows(page) for name in quoted(row[0])}
    environment = Recorder(_full())
    read_settings(environment)
    asked = environment.asked - {"WEBSITE_SITE_NAME", "AzureWebJobsStorage__accountName"}
    assert listed == asked
    example = json.loads((ROOT / "local.settings.json.example").read_text())["Values"]
    assert listed == set(example) - {"FUNCTIONS_WORKER_RUNTIME"}


def test_the_defaults_are_documented() -> None:
    """A setting with its documented default means the same as without it; another value does not."""
    default = read_settings(_full())
    documented = [(row[0].strip("`"), quoted(row[1])) for row in rows(read("docs/settings.md"))]
    defaults = [(name, found[0]) for name, found in documented if found]
    assert len(defaults) >= 6
    for name, value in defaults:
        assert read_settings({**_full(), name: value}) == default, name


def _schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = _API["components"]["schemas"][name]
    return found


def _column(heading: str, column: int = 0) -> list[str]:
    """Return what is quoted in a column of the tables under a heading of docs/api.md."""
    text = section(read("docs/api.md"), f"## {heading}")
    return [name for row in rows(text) for name in quoted(row[column])]


def test_every_member_is_documented() -> None:
    """The members of a pet are those of the OpenAPI document."""
    members = {*_schema("Pet")["properties"], *_schema("PetInput")["properties"]}
    assert set(_column("A pet")) == members


def test_every_parameter_is_documented() -> None:
    """The parameters of the list are those of the OpenAPI document."""
    listed = [
        found["$ref"].rpartition("/")[2] for found in _API["paths"]["/pets"]["get"]["parameters"]
    ]
    parameters = [_API["components"]["parameters"][name] for name in listed]
    names = {found["name"] for found in parameters if found["in"] == "query"}
    assert set(_column("Lists and pages")) == names


def test_every_operation_is_documented() -> None:
    """The requests are those of the OpenAPI document; HEAD is described once for all."""
    listed = {
        (method, path)
        for row in rows(section(read("docs/api.md"), "## Requests"))
        for method, path in [(quoted(row[0])[0], quoted(row[1])[0])]
    }
    operations = {(method.upper(), path) for path, item in _API["paths"].items() for method in item}
    # The page that shows the OpenAPI document does not belong to it.
    listed -= {("GET", "/docs")}
    assert listed == {one for one in operations if one[0] != "HEAD"}


def test_every_header_is_documented() -> None:
    """The headers of answers are those of the OpenAPI document."""
    assert set(_column("Headers of answers")) == set(_API["components"]["headers"])


def test_every_error_is_documented() -> None:
    """The OpenAPI document's answers and the page tell the same statuses and words."""
    page = {(row[0], quoted(row[1])[0]) for row in rows(section(read("docs/api.md"), "## Errors"))}
    responses = _API["components"]["responses"].values()
    promised = {
        word
        for found in responses
        if "application/problem+json" in found.get("content", {})
        for word in quoted(found["description"])
    }
    assert promised <= {word for _, word in page}


def test_a_wrong_output_is_seen() -> None:
    """The comparison of outputs can fail, and dots stand for anything."""
    assert documents.is_shown('{"a": 1, "b": 2}', '{"a": 1, ...}')
    assert not documents.is_shown('{"a": 2, "b": 2}', '{"a": 1, ...}')
    assert not documents.is_shown('{"a": 1}', '{"a": 1} more')


def test_decisions_have_numbers_of_their_own() -> None:
    """No two decisions share a number."""
    numbers = [page.name[:4] for page in (ROOT / "docs/decisions").glob("*.md")]
    assert sorted({*numbers}) == sorted(numbers)
