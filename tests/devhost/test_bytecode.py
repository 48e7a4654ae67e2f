"""What runs is what is saved: no load takes bytecode of a version before, however soon it follows.

Python compares a file's time in whole seconds, and its size; all versions here are alike in both.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devhost.sources import delete_doubtful_bytecode
from tests.devhost.running import running
from tests.tree import ROOT, need_dev_host

need_dev_host()

_SOURCE = """import os
import azure.functions as func
from parts import words
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("hello")
def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(words.WORD)

@app.route("end")
def end(req: func.HttpRequest) -> func.HttpResponse:
    os._exit(7)

print("The word is", words.WORD, flush=True)
"""


class _Words:
    """A module of an app, each of whose versions has the time of its first one."""

    def __init__(self, folder: Path) -> None:
        (folder / "parts").mkdir()
        (folder / "function_app.py").write_text(_SOURCE)
        (folder / "host.json").write_text('{"version": "2.0"}')
        self.folder = folder
        self._file = folder / "parts/words.py"
        # Of the future, so that its bytecode is never old enough to be trusted.
        self._second = int(time.time()) + 600
        self.save("one")

    def save(self, word: str) -> None:
        """Save a version, a little later within the same second."""
        other = self._file.with_suffix(".new")
        other.write_text(f'WORD = "{word}"\n')
        saved = self._second + (0.1 if word == "one" else 0.6)
        os.utime(other, (saved, saved))
        other.replace(self._file)


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Words:
    """Return the module; bytecode is written."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    return _Words(tmp_path)


def _start(words: _Words) -> str:
    with running(words.folder) as host:
        return host.get("/api/hello").decode()


def _check(words: _Words) -> str:
    command = [sys.executable, "-m", "devhost", "--app", str(words.folder), "--check"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("load", [_start, _check])
def test_a_start(words: _Words, load: Callable[[_Words], str]) -> None:
    """A file that is saved between two starts is run by the second one."""
    assert "one" in load(words)
    assert list(words.folder.glob("parts/__pycache__/words.*"))
    words.save("two")
    assert "two" in load(words)


@pytest.mark.parametrize("options", [[], ["--no-reload"]])
def test_a_worker_that_is_replaced(words: _Words, options: list[str]) -> None:
    """A file that is saved while an app is served is run by the next worker."""
    with running(words.folder, *options) as host:
        words.save("two")
        if options:
            host.get("/api/end")
        host.read_until("The word is two")


def test_bytecode_that_is_kept(tmp_path: Path) -> None:
    """Kept is what is well younger than its file, what goes by a hash, and what is installed."""
    own, packed, installed = (tmp_path / name for name in ("a.py", "b.py", "env/lib/c.py"))
    installed.parent.mkdir(parents=True)
    (tmp_path / "env/pyvenv.cfg").touch()
    for file in (own, packed, installed):
        file.touch()
    now = time.time()
    os.utime(own, (now - 60, now - 60))
    compiler = [sys.executable, "-m", "compileall", "-q"]
    subprocess.run([*compiler, own, installed], check=True)
    subprocess.run([*compiler, "--invalidation-mode", "unchecked-hash", packed], check=True)
    delete_doubtful_bytecode(tmp_path)
    assert len(list(tmp_path.rglob("*.pyc"))) == 3
