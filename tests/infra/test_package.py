"""What `func azure functionapp publish` sends, by Core Tools' own rule."""

import io
import zipfile

import pytest

from scripts.core_tools import sent, sent_from
from tests.tree import ROOT

pytestmark = pytest.mark.infra

_LIMIT = 1_000_000


@pytest.fixture(scope="session")
def package() -> list[str]:
    """Return what publish would send from this tree."""
    return sent_from(ROOT)


def test_the_app_goes(package: list[str]) -> None:
    """Entry point, host settings, requirements, sources, OpenAPI document and page are sent."""
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "petstore").rglob("*")
        if path.suffix in {".py", ".json", ".html", ".css", ".js", ".gz"}
        and "__pycache__" not in path.parts
    }
    assert set(package) == sources | {"function_app.py", "host.json", "requirements.txt"}


def test_it_is_small(package: list[str]) -> None:
    """The app's own files, zipped as they are sent, are less than a megabyte."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in package:
            archive.write(ROOT / path, path)
    assert len(content.getvalue()) < _LIMIT


@pytest.mark.parametrize(
    "path",
    [
        *("tests/unit/test_models.py", "tests/petstore/x.py", "infra/main.bicep", "docs/a.md"),
        *(".env", ".env.local", "local.settings.json", "petstore/local.settings.json"),
        *(".venv/bin/python", ".tools/uv/bin/uv", ".data/petstore.db", ".ci/run", "key.pem"),
        *("petstore/__pycache__/a.cpython-313.pyc", "petstore/http/__pycache__/a.pyc"),
        *("requirements-dev.txt", "requirements.in", "README.md", "devhost/server.py"),
        *(".github/workflows/deploy.yml", "local.settings.json.example", "Makefile"),
        *("данные/a.txt", "папка/key.pem"),
        *("scripts/smoke", ".mypy_cache/a.json", "node_modules/a/index.json", "petstore.db"),
    ],
)
def test_nothing_else_goes(path: str) -> None:
    """Tests, settings, keys, caches and tools stay at home."""
    assert sent((ROOT / ".funcignore").read_text(), [path]) == []


@pytest.mark.parametrize(
    ("lines", "path", "goes"),
    [
        ("*.md", "docs/a.md", True),
        ("*.md", "a.md", False),
        ("**/x", "x", True),
        ("**/x", "a/x", False),
        ("tests", "tests.py", False),
        (".env", ".env.local", False),
        (".venv/", ".venv/.lock", True),
        ("*\n!a.py", "a.py", True),
        ("!a.py\n*", "a.py", True),
        ("", "anything", True),
        ("", "a/local.settings.json", False),
        ("*\n!host.json", "host.json.bak", True),
        ("*\n!petstore/**.py", "petstore/settings.py~", True),
        ("*", "пароли/a", True),
        ("*\n**", "пароли/a", False),
        ("*\n**", "пароли", True),
    ],
)
def test_the_rule_is_the_measured_one(lines: str, path: str, goes: bool) -> None:  # noqa: FBT001
    """The rule here gives what was measured on Core Tools, gitignore's manners or not."""
    assert (sent(lines, [path]) == [path]) is goes


def test_a_deny_list_would_be_noticed() -> None:
    """With the lines of a usual .funcignore tests and environments would be sent."""
    usual = ".git*\n.vscode\n__pycache__/\n*.pyc\nlocal.settings.json\ntest\n"
    assert sent(usual, ["petstore/a.pyc", "tests/unit/a.py", ".env"]) != []
