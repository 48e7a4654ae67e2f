"""What is published: each file is meant, tracked by git, and nothing slips in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.core_tools import sent_from
from scripts.publish import LIST, complaints
from tests.documents import tracked
from tests.tree import ROOT

_COMMAND = "azure functionapp publish func-petstore --python"
# Each with the folder where it runs.
_PUBLISH = [f"checkout: {_COMMAND} --build remote"]
_PUBLISH_PACKAGE = [f"flex: {_COMMAND} --no-build"]


def test_the_list_is_what_publishing_sends() -> None:
    """The kept list names what Core Tools would send from this tree; else a release goes wrong."""
    found = list(complaints(sent_from(ROOT), set(tracked()), LIST.read_text()))
    assert found == [], "if these changes are meant: python3 -m scripts.publish --write"


class Checkout:
    """A small git checkout with the real scripts and a `func` that only notes how it was called.

    Args:
        folder: where it is.
        pattern: what it is a copy of.
        code: what `func` ends with.
    """

    def __init__(self, folder: Path, pattern: Path, code: int = 0) -> None:
        self.folder = folder / "checkout"
        self._programs = folder / "programs"
        shutil.copytree(pattern, self.folder)
        self._programs.mkdir()
        func = self._programs / "func"
        func.write_text(f'#!/bin/sh\necho "${{PWD##*/}}: $*" >>{folder}/called\nexit {code}\n')
        func.chmod(0o755)
        self._called = folder / "called"

    def forget(self, name: str) -> None:
        """Let git no longer track a file that stays."""
        _git(self.folder, "rm", "--quiet", "--cached", name)

    def package(self) -> Path:
        """Put a package for the plan flex where `make package` puts it; return its folder."""
        folder = self.folder / ".package/flex"
        for name in LIST.read_text().splitlines():
            if name and not name.startswith("#") and "# built" not in name:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.folder / name, folder / name)
        for name in (".python_packages/lib/site-packages/a.py", "__pycache__/a.cpython-313.pyc"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name.replace("/a.c", "/function_app.c")).touch()
        return folder

    def publish(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the program; by default it publishes to func-petstore."""
        return subprocess.run(
            [sys.executable, "-B", "-m", "scripts.publish", *(words or ("func-petstore",))],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**os.environ, "PATH": f"{self._programs}:{os.environ['PATH']}"},
        )

    def called(self) -> list[str]:
        """Return how `func` was called."""
        return self._called.read_text().splitlines() if self._called.exists() else []


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)  # noqa: S607


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with nothing wrong, to be copied."""
    folder = tmp_path_factory.mktemp("pattern")
    names = [name for name in tracked() if name.startswith(("petstore/", "scripts/"))]
    for name in (*names, ".funcignore", "function_app.py", "host.json", "requirements.txt"):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, place)
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    return folder


@pytest.fixture
def checkout(tmp_path: Path, pattern: Path) -> Checkout:
    """A checkout with nothing wrong."""
    return Checkout(tmp_path, pattern)


def test_publishes_what_is_meant(checkout: Checkout) -> None:
    """Each file is printed, then Core Tools publish with the remote build."""
    ended = checkout.publish()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "  petstore/wiring.py" in ended.stdout
    assert checkout.called() == _PUBLISH


def test_the_code_of_core_tools_comes_back(tmp_path: Path, pattern: Path) -> None:
    """When publishing fails, the program fails in the same way."""
    assert Checkout(tmp_path, pattern, code=7).publish().returncode == 7


# Each of them was in a package of the real Core Tools.
_LEAKS = [
    *("host.json.bak", "function_app.py.orig", "petstore/settings.py~", "petstore/.secret.json"),
    *("пароли", "petstore/notes.py", "requirements.txt\n"),
]


@pytest.mark.parametrize("name", _LEAKS)
def test_what_is_not_meant_stops_it(checkout: Checkout, name: str) -> None:
    """A file that Core Tools would send and nobody listed is named, and nothing is published."""
    (checkout.folder / name).write_text("secret")
    ended = checkout.publish()
    assert ended.returncode == 1
    assert f"{name!a}: scripts/published.txt does not name it" in ended.stderr
    assert checkout.called() == []


def test_what_git_does_not_track_stops_it(checkout: Checkout) -> None:
    """A listed file that exists only on this machine is not published."""
    checkout.forget("petstore/pets.py")
    ended = checkout.publish()
    assert ended.returncode == 1
    assert "petstore/pets.py: git does not track it" in ended.stderr
    assert checkout.called() == []


def test_what_is_missing_stops_it(checkout: Checkout) -> None:
    """A package without one of its modules is not published."""
    (checkout.folder / "petstore/pets.py").unlink()
    assert "petstore/pets.py: is missing" in checkout.publish().stderr
    assert checkout.called() == []


def test_the_list_only_prints(checkout: Checkout) -> None:
    """With --list nothing is published, and a leak is still an error."""
    assert checkout.publish("--list").returncode == 0
    (checkout.folder / "host.json.bak").touch()
    assert checkout.publish("--list").returncode == 1
    assert checkout.called() == []


@pytest.mark.parametrize("name", ["", "a b", "--python", "x;y", "$(id)", "ü"])
def test_a_name_that_no_app_has(checkout: Checkout, name: str) -> None:
    """Without a name, or with one that Azure does not allow, it says how it is called."""
    ended = checkout.publish(name)
    assert ended.returncode == 2
    assert "make publish NAME=" in ended.stderr
    assert checkout.called() == []


def test_publishes_a_package(checkout: Checkout) -> None:
    """With a plan the package's folder is sent as it is, with its packages and bytecode."""
    checkout.package()
    ended = checkout.publish("func-petstore", "flex")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "packages and bytecode in 2 files too" in ended.stdout
    assert checkout.called() == _PUBLISH_PACKAGE


@pytest.mark.parametrize(
    "name",
    [
        *("local.json", "petstore/notes.py", ".python_packages/notes", "__pycache__/a.pyc"),
        *("petstore/__pycache__/old.cpython-313.pyc", "tests/test_pets.py", ".env"),
    ],
)
def test_what_is_not_meant_stops_a_package(checkout: Checkout, name: str) -> None:
    """A file that is neither listed, nor installed, nor a listed module's bytecode is refused."""
    file = checkout.package() / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("secret")
    ended = checkout.publish("func-petstore", "flex")
    assert ended.returncode == 1
    assert f"{name!a}: scripts/published.txt does not name it" in ended.stderr
    assert checkout.called() == []


def test_an_old_package_is_not_published(checkout: Checkout) -> None:
    """A package that was built before a module changed, or that lost one, is named as such."""
    folder = checkout.package()
    (checkout.folder / "petstore/pets.py").write_text("changed")
    (folder / "petstore/orders.py").unlink()
    ended = checkout.publish("func-petstore", "flex")
    assert "petstore/pets.py: the package holds an older one, build it again" in ended.stderr
    assert "petstore/orders.py: is missing" in ended.stderr
    assert checkout.called() == []


@pytest.mark.parametrize("plan", ["flex", "consumption", "premium", "../.package/flex", ".."])
def test_no_package(checkout: Checkout, plan: str) -> None:
    """A plan without a package, and a plan that does not exist, are named; nothing is sent."""
    ended = checkout.publish("func-petstore", plan)
    assert ended.returncode == 2
    assert "make package PLAN=consumption or flex" in ended.stderr
    assert checkout.called() == []


def test_make_builds_the_package_that_it_publishes() -> None:
    """`make publish` with a plan builds that plan's package first; without one it builds none."""
    for words, is_built in ((["PLAN=flex"], True), ([], False)):
        command = ["make", "--dry-run", "publish", "NAME=func-petstore", *words]
        printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        assert ("scripts/package.py flex" in printed.stdout) is is_built
        assert ('scripts.publish "$NAME" "$PLAN"' in printed.stdout) is is_built
