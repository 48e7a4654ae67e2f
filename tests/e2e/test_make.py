"""The Makefile: what it does with a caller's text, and what it leaves and removes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tree import ROOT

_RECORDER = f"""#!{sys.executable}
import json, os, sys
if sys.argv[1:2] == ["scripts/with-args"]:
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
with open("recorded", "w") as file:
    json.dump({{"arguments": sys.argv[1:], "environment": dict(os.environ)}}, file)
"""
_HOSTILE = [
    'a"; touch pwned; "',
    "a'; touch pwned; '",
    "$(shell touch pwned)",
    "$$(touch pwned)",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned #",
    "a & touch pwned",
    "a\ntouch pwned",
    "* $HOME $$HOME ${HOME} \\",
]
# Which targets take a text, and by which arguments they are asked for anything at all.
_PLACES = [
    ("start", "PORT", []),
    ("start", "AZURITE_DATA", ["AZURITE=1"]),
    ("azurite", "AZURITE_DATA", []),
    ("events", "RETRY", []),
    ("import", "FILE", []),
    ("import", "URL", ["FILE=pets.csv"]),
    ("token", "USER", []),
    ("token", "SCOPE", []),
    ("smoke", "URL", []),
    ("test", "WORKERS", []),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder with the real Makefile, where every Python records how it was called."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in (".venv/bin/python", ".venv-dev/bin/python", ".venv-py312/bin/python"):
        _program(tmp_path / name, _RECORDER)
    _program(tmp_path / "scripts/smoke", _RECORDER)
    for name in ("setup", "swagger-ui"):
        _program(tmp_path / "scripts" / name, "#!/bin/sh\n")
    shutil.copy(ROOT / "scripts/with-args", tmp_path / "scripts")
    return tmp_path


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _make(tree: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (tree / "recorded").unlink(missing_ok=True)
    return subprocess.run(
        ["make", "-s", *arguments],  # noqa: S607
        cwd=tree,
        env={"PATH": os.environ["PATH"], "HOME": str(tree), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _read_record(tree: Path) -> Any:
    return json.loads((tree / "recorded").read_text())


@pytest.mark.parametrize(("target", "name", "more"), _PLACES)
@pytest.mark.parametrize("text", _HOSTILE)
def test_text_is_not_run(tree: Path, target: str, name: str, more: list[str], text: str) -> None:
    """Whatever a caller writes into a variable reaches the program as it is, and runs nothing."""
    ended = _make(tree, target, f"{name}={text}", *more)
    assert not (tree / "pwned").exists()
    assert text in _read_record(tree)["arguments"], ended.stderr


@pytest.mark.parametrize("name", ["TOKEN", "PETSTORE_TOKEN"])
@pytest.mark.parametrize("target", ["import", "smoke"])
@pytest.mark.parametrize("text", _HOSTILE)
def test_tokens_stay_in_the_environment(tree: Path, target: str, name: str, text: str) -> None:
    """A token reaches the program in its environment alone: nobody else can read it there."""
    ended = _make(tree, target, "FILE=pets.csv", "URL=http://x", **{name: text})
    assert not (tree / "pwned").exists()
    recorded = _read_record(tree)
    assert recorded["environment"]["PETSTORE_TOKEN"] == text
    assert [argument for argument in recorded["arguments"] if text in argument] == []
    assert ended.stderr == ""


@pytest.mark.parametrize("target", ["import", "smoke"])
def test_a_token_on_the_command_line(tree: Path, target: str) -> None:
    """It works, but in make's own command line others see it: that is said, and what to do."""
    ended = _make(tree, target, "FILE=pets.csv", "URL=http://x", "TOKEN=t0ken")
    assert _read_record(tree)["environment"]["PETSTORE_TOKEN"] == "t0ken"  # noqa: S105
    assert "PETSTORE_TOKEN=..." in ended.stderr
    assert "t0ken" not in ended.stderr + ended.stdout


@pytest.mark.parametrize("target", ["test-py312", "infra", "import", "test"])
@pytest.mark.parametrize(
    "text",
    [
        "; touch pwned",
        "$(touch pwned) `touch pwned`",
        "$(shell touch pwned)",
        "x && touch pwned | y > z",
    ],
)
def test_words_are_not_run(tree: Path, target: str, text: str) -> None:
    """ARGS are words for the program, never a command."""
    _make(tree, target, "FILE=pets.csv", f"ARGS={text}")
    assert not (tree / "pwned").exists()
    assert not (tree / "z").exists()
    arguments = " ".join(_read_record(tree)["arguments"])
    assert text in arguments


def test_words_are_split_as_in_a_shell(tree: Path) -> None:
    """Quotes in ARGS hold words together, and one that is never closed is said."""
    _make(tree, "infra", "ARGS=-k 'two words' -x \"a b\"")
    assert _read_record(tree)["arguments"][-4:] == ["-k", "two words", "-x", "a b"]
    ended = _make(tree, "infra", "ARGS=-k 'open")
    assert (ended.returncode != 0, "ARGS cannot be split" in ended.stderr) == (True, True)


def test_without_words_the_app_is_tested(tree: Path) -> None:
    """On Python 3.12 the app's own tests run, unless ARGS says otherwise."""
    _make(tree, "test-py312")
    assert "tests/contract" in _read_record(tree)["arguments"]
    _make(tree, "test-py312", "ARGS=tests/unit")
    assert _read_record(tree)["arguments"][-2:] == ["-q", "tests/unit"]


def test_settings_of_python_that_are_not_handed_on(tree: Path) -> None:
    """What would hide the folder's own packages, or compile them at each start, ends at make."""
    _make(tree, "start", PYTHONSAFEPATH="1", PYTHONDONTWRITEBYTECODE="1", PORT="7090")
    recorded = _read_record(tree)
    assert not {"PYTHONSAFEPATH", "PYTHONDONTWRITEBYTECODE"} & {*recorded["environment"]}
    assert recorded["arguments"][-2:] == ["--port", "7090"]


# What stays: pets and settings, what an import needs to go on, what other programs made.
_KEPT = {
    *(
        ".data/*",
        "!.data/.gitignore",
        "local.settings.json",
        ".env",
        "*.import-id",
        "*.refused.jsonl",
        "*.part",
        "*.pyc",
    ),
    *(
        ".azure/",
        ".python_packages/",
        "__azurite_db*__.json",
        "__blobstorage__/",
        "__queuestorage__/",
    ),
}


def test_clean_removes_what_was_made(tree: Path) -> None:
    """Of all that git ignores `make clean` leaves pets, settings, and what make did not make."""
    lines = (ROOT / ".gitignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    paths = {pattern: tree / pattern.replace("*", "-x") for pattern in patterns}
    for pattern, path in paths.items():
        folder = path if pattern.endswith("/") else path.parent
        folder.mkdir(parents=True, exist_ok=True)
        (path / "file" if pattern.endswith("/") else path).touch()
    deep = [tree / "tests/proof/node_modules/a/b", tree / "petstore/http/__pycache__/c.pyc"]
    for path in deep:
        path.parent.mkdir(parents=True)
        path.touch()
    assert _make(tree, "clean").returncode == 0
    assert {pattern for pattern, path in paths.items() if path.exists()} == _KEPT
    assert [path for path in deep if path.exists()] == []
    assert (tree / "Makefile").exists()
