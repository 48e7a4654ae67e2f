"""What `func azure functionapp publish` sends, by Core Tools' own rule."""

import os
import re
from pathlib import Path

import pytest

from tests.tree import ROOT

pytestmark = pytest.mark.infra

_SPECIAL = re.compile(r"[-\[\]/{}()+?.\\^$|]")
# Left out whatever .funcignore says.
_NEVER = {".git", ".vscode", ".gitignore", ".funcignore", "local.settings.json"}
_LIMIT = 1_000_000


def _pattern(lines: list[str]) -> re.Pattern[str]:
    """Turn patterns into Core Tools' expression: from the start, to the end of a word."""
    if not lines:
        return re.compile(r"$^")
    parts = [_SPECIAL.sub(r"\\\g<0>", line.removeprefix("/")) for line in lines]
    parts = [part.replace("**", "(.+)").replace("*", "([^/]+)") for part in parts]
    return re.compile(f"^(({')|('.join(parts)}))\\b", re.ASCII)


def sent(funcignore: str, paths: list[str]) -> list[str]:
    """Return the paths that go into the package; a ! line wins wherever it stands."""
    lines = [line.strip() for line in funcignore.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    dropped = _pattern([line for line in lines if not line.startswith("!")])
    kept = _pattern([line[1:] for line in lines if line.startswith("!")])
    free = [path for path in paths if not _NEVER & set(path.split("/"))]
    return [path for path in free if kept.search(path) or not dropped.search(path)]


def _tree(root: Path) -> list[str]:
    """Walk the files as publish does: caches, environments and settings included."""
    found = []
    for folder, inner, files in os.walk(root):
        inner[:] = [name for name in inner if name not in {".git", ".tools", "node_modules"}]
        inner[:] = [name for name in inner if not name.startswith(".venv")]
        found += [(Path(folder) / name).relative_to(root).as_posix() for name in files]
    return found


@pytest.fixture(scope="session")
def package() -> list[str]:
    """Return what publish would send from this tree."""
    return sent((ROOT / ".funcignore").read_text(), _tree(ROOT))


def test_the_app_goes(package: list[str]) -> None:
    """Entry point, host settings, requirements, sources, contract and page are sent."""
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "petstore").rglob("*")
        if path.suffix in {".py", ".json", ".html", ".css", ".js", ".gz"}
        and "__pycache__" not in path.parts
    }
    assert set(package) == sources | {"function_app.py", "host.json", "requirements.txt"}


def test_it_is_small(package: list[str]) -> None:
    """The app's own files are less than a megabyte."""
    assert sum((ROOT / path).stat().st_size for path in package) < _LIMIT


@pytest.mark.parametrize(
    "path",
    [
        *("tests/unit/test_models.py", "tests/petstore/x.py", "infra/main.bicep", "docs/a.md"),
        *(".env", ".env.local", "local.settings.json", "petstore/local.settings.json"),
        *(".venv/bin/python", ".tools/uv/bin/uv", ".data/petstore.db", ".ci/run", "key.pem"),
        *("petstore/__pycache__/a.cpython-313.pyc", "petstore/http/__pycache__/a.pyc"),
        *("requirements-dev.txt", "requirements.in", "README.md", "devhost/server.py"),
        *(".github/workflows/deploy.yml", "local.settings.json.example", "Makefile"),
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
    ],
)
def test_the_rule_is_the_measured_one(lines: str, path: str, goes: bool) -> None:  # noqa: FBT001
    """The rule here gives what was measured on Core Tools, gitignore's manners or not."""
    assert (sent(lines, [path]) == [path]) is goes


def test_a_deny_list_would_be_noticed() -> None:
    """With the lines of a usual .funcignore tests and environments would be sent."""
    usual = ".git*\n.vscode\n__pycache__/\n*.pyc\nlocal.settings.json\ntest\n"
    assert sent(usual, ["petstore/a.pyc", "tests/unit/a.py", ".env"]) != []
