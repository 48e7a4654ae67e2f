"""`make package`: the folder and the zip that are deployed, held to what Azure does with them."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from petstore.http import docs
from scripts.core_tools import sent_from
from scripts.publish import LIST, complaints, own_files
from tests.documents import tracked
from tests.e2e.server import make
from tests.ports import free_port
from tests.tree import ROOT

_SECONDS = 60
# What `python -v` says of each module that it did not find as bytecode.
_COMPILED = re.compile(r"^# code object from (?!'.*\.pyc'$).*$", re.MULTILINE)
_IMPORTED = re.compile(r"^import '([\w.]+)' # <.*SourceFileLoader", re.MULTILINE)
_SERVE = """
import runpy, sys
sys.path[:] = [path for path in sys.path if "site-packages" not in path] + {places!r}
sys.argv = ["devhost", "--app", {app!r}, "--port", "{port}"]
runpy.run_module("devhost", run_name="__main__", alter_sys=True)
"""


@pytest.fixture(scope="module")
def package() -> Path:
    """The folder for the plan of Python 3.13."""
    result = make("package", "PLAN=flex", **os.environ)
    assert result.returncode == 0, result.stderr
    return ROOT / ".package/flex"


@pytest.fixture
def mounted(package: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy as Azure mounts it: read-only, all times shifted by odd seconds."""
    copy = tmp_path / "wwwroot"
    shutil.copytree(package, copy)
    for path in [*copy.rglob("*"), copy]:
        # As a zip that keeps times to two seconds, in another time zone, leaves them.
        os.utime(path, (path.stat().st_mtime + 3_601,) * 2)
        path.chmod(path.stat().st_mode & ~0o222)
    yield copy
    for path in [copy, *copy.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _first_answer(process: subprocess.Popen[bytes], url: str) -> object:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - http, ours
                return json.load(answer)
        except ConnectionError:
            time.sleep(0.05)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionError):
                raise
            time.sleep(0.05)
    return None


def _create_pet(url: str) -> None:
    """Create a pet: a list of none needs no pydantic."""
    headers = {"Content-Type": "application/json"}
    body = b'{"name": "Ada", "species": "cat"}'
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:  # noqa: S310
        assert answer.status == HTTPStatus.CREATED


def test_compiles_nothing_where_it_is_mounted(mounted: Path, tmp_path: Path) -> None:
    """From a read-only folder with shifted times it answers from bytecode and its own packages."""
    before = _digests(mounted)
    # The local host alone is from elsewhere: it stands for the platform's.
    beside = tmp_path / "host"
    beside.mkdir()
    (beside / "devhost").symlink_to(ROOT / "devhost")
    packages = mounted / ".python_packages/lib/site-packages"
    places = [str(mounted), str(packages), str(beside)]
    port = free_port()
    script = _SERVE.format(places=places, app=str(mounted), port=port)
    log = tmp_path / "imports.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-v", "-c", script],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PETSTORE_SQLITE_PATH": str(tmp_path / "pets.db")},
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            answer = _first_answer(process, f"http://127.0.0.1:{port}/api/pets")
            _create_pet(f"http://127.0.0.1:{port}/api/pets")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_SECONDS)
    text = log.read_text(errors="replace")
    assert answer == {"data": [], "next_cursor": None, "has_more": False}, text[-3_000:]
    assert [line for line in _COMPILED.findall(text) if str(mounted) in line] == []
    assert {"petstore.wiring", "pydantic", "azure.functions"} <= set(_IMPORTED.findall(text))
    assert text.count(f"code object from '{packages}") > 100
    assert _digests(mounted) == before


def test_holds_what_the_classic_plan_needs(tmp_path: Path) -> None:
    """The package for Python 3.12 loads there, from its own packages, with every function."""
    result = make("package", "PLAN=consumption", **os.environ)
    if "No Python 3.12" in result.stderr:
        pytest.skip(f"NOT TESTED on Python 3.12: {result.stderr}")
    assert result.returncode == 0, result.stderr
    folder = ROOT / ".package/consumption"
    code = (
        f"import sys; sys.path += [{str(folder)!r},"
        f" {str(folder / '.python_packages/lib/site-packages')!r}]; import function_app;"
        " import azure.cosmos.aio, aiohttp, jwt, cryptography.hazmat.bindings._rust;"
        " print(*sorted(f.get_function_name() for f in function_app.app.get_functions()))"
    )
    loaded = subprocess.run(
        [ROOT / ".venv-py312/bin/python", "-I", "-S", "-v", "-c", code],
        cwd=tmp_path, env={}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "create_pet" in loaded.stdout.split()
    assert [line for line in _COMPILED.findall(loaded.stderr) if str(folder) in line] == []
    assert _refused(folder) == []
    assert _distributions(folder) == _locked("3.12")


def _refused(folder: Path) -> list[str]:
    """Return what the kept list has against what Core Tools would send from a package."""
    return list(complaints(own_files(sent_from(folder)), set(tracked()), LIST.read_text()))


def _distributions(folder: Path) -> set[str]:
    packages = folder / ".python_packages/lib/site-packages"
    found = (path.name.removesuffix(".dist-info") for path in packages.glob("*.dist-info"))
    return {
        f"{canonicalize_name(name)}=={version}"
        for name, _, version in (f.rpartition("-") for f in found)
    }


def _locked(python: str) -> set[str]:
    """Return the packages and versions that the lock has for Linux on a Python."""
    lines = re.findall(r"^(\S+==.*?) \\$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    where = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
    }
    asked = [Requirement(line) for line in lines]
    return {
        f"{canonicalize_name(one.name)}{one.specifier}"
        for one in asked
        if one.marker is None or one.marker.evaluate({**where, "platform_system": "Linux"})
    }


def test_core_tools_send_what_is_meant(package: Path) -> None:
    """By Core Tools' rules the app's own files are those of the kept list, the rest is the lock."""
    assert _refused(package) == []
    assert _distributions(package) == _locked("3.13")
    assert len(_locked("3.12") ^ _locked("3.13")) > 1


def test_stale_bytecode_would_be_noticed(mounted: Path, tmp_path: Path) -> None:
    """Bytecode of the usual kind, which looks at times, is compiled again: the rule can fail."""
    module = mounted / "petstore/ids.py"
    (mounted / "petstore/__pycache__").chmod(0o755)
    subprocess.run([sys.executable, "-m", "compileall", "-qf", module], check=True)
    os.utime(module, (module.stat().st_mtime + 3,) * 2)
    result = subprocess.run(
        [sys.executable, "-I", "-B", "-v", "-c",
         f"import sys; sys.path.insert(0, {str(mounted)!r}); import petstore.ids"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert any("petstore/ids.py" in line for line in _COMPILED.findall(result.stderr))


def test_is_the_same_each_time(package: Path) -> None:
    """The same tree gives the same zip, byte for byte."""
    archive = package.with_suffix(".zip")
    before = archive.read_bytes()
    assert make("package", "PLAN=flex", **os.environ).returncode == 0
    assert archive.read_bytes() == before


def test_the_zip_holds_the_folder(package: Path) -> None:
    """What the workflow would deploy and what func would send are the same files."""
    with zipfile.ZipFile(package.with_suffix(".zip")) as packed:
        assert packed.testzip() is None
        names = set(packed.namelist())
    assert names == {
        path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()
    }


def test_holds_only_what_is_tracked(package: Path) -> None:
    """Apart from packages, bytecode and Swagger UI there is nothing that git does not track."""
    own = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.is_file() and not {".python_packages", "__pycache__"} & set(path.parts)
    }
    listed = subprocess.run(
        ["git", "ls-files", "--", "function_app.py", "host.json", "requirements.txt", "petstore"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    built = {file.relative_to(ROOT).as_posix() for file in docs.BUILT_IN.glob("*.gz")}
    assert own == set(listed.stdout.split()) | built


def test_leaves_out_what_is_never_imported(package: Path) -> None:
    """Stubs, sources of extensions, tests and programs of packages stay at home."""
    packages = package / ".python_packages/lib/site-packages"
    left = [path for path in packages.rglob("*") if path.suffix in {".pyi", ".pyx", ".c", ".h"}]
    assert left == []
    assert not (packages / "bin").exists()


@pytest.mark.parametrize("plan", ["", "premium", "flex;id"])
def test_asks_for_a_plan(plan: str) -> None:
    """Without a plan that exists it says which ones there are, and builds nothing."""
    result = make("package", f"PLAN={plan}")
    assert result.returncode != 0
    assert "consumption or flex" in result.stderr
