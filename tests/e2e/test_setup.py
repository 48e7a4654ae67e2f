"""Set-up on machines that lack something, and twice at once; in a copy of the scripts."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.certificates import certificate
from tests.tree import ROOT

_PYTHON3 = f'exec "{sys.base_prefix}/bin/python3" "$@"'
_LINK = "https://docs.astral.sh/uv/"
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_BASIC = (
    "sh",
    "cat",
    "cksum",
    "cut",
    "dirname",
    "head",
    "mkdir",
    "paste",
    "rm",
    "sed",
    "tail",
    "tr",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder with the scripts and one package to install."""
    folder = tmp_path / "tree"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    locked = (ROOT / "requirements.txt").read_text()
    (idna,) = re.findall(r"^idna==(?:.*\\\n)+.*\n", locked, re.MULTILINE)
    (folder / "requirements.txt").write_text(idna)
    return folder


@pytest.fixture
def own_uv(tree: Path) -> Path:
    """Put the uv of this checkout where set-up would install its own; return its folder."""
    shown = subprocess.run(
        [ROOT / "scripts/uv"], check=True, capture_output=True, text=True, cwd=ROOT
    )
    uv = ROOT / shown.stdout.strip()
    there = tree / ".tools/uv/bin/uv"
    there.parent.mkdir(parents=True)
    there.symlink_to(uv)
    with (tree / "scripts/uv.txt").open() as pinned:
        mark = subprocess.check_output(["cksum"], stdin=pinned)  # noqa: S607
    (tree / ".tools/uv/.installed").write_bytes(mark)
    return there.parent


def _bin(tree: Path, *more: str, **programs: str) -> Path:
    """Return a folder for PATH with basic programs, these ones too, and these scripts."""
    folder = tree.parent / "bin"
    folder.mkdir(exist_ok=True)
    for name in (*_BASIC, *more):
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def _start(tree: Path, python: str = _PYTHON, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["/bin/sh", "scripts/setup", ".venv", python, "requirements.txt"],
        cwd=tree,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _setup(tree: Path, python: str = _PYTHON, **environment: str) -> tuple[int, str]:
    process = _start(tree, python, **environment)
    out, error = process.communicate(timeout=120)
    assert out == ""
    return process.returncode, error


@pytest.mark.usefixtures("own_uv")
def test_it_installs_what_is_locked(tree: Path) -> None:
    """Exactly the locked packages are there, compiled; the second time nothing is done."""
    code, error = _setup(tree)
    assert code == 0, error
    (package,) = tree.glob(".venv/lib/*/site-packages/idna")
    assert list(package.glob("__pycache__/*.pyc"))
    assert _setup(tree) == (0, "")


@pytest.mark.parametrize("has_flock", [True, False], ids=["flock", "python3"])
def test_many_at_once(tree: Path, has_flock: bool) -> None:  # noqa: FBT001
    """Four at once, on a machine without uv, are as good as one: one works, the others wait."""
    path = str(_bin(tree, *(["flock"] if has_flock else []), python3=_PYTHON3))
    processes = [_start(tree, PATH=path, PYENV_VERSION="") for _ in range(4)]
    errors = [process.communicate(timeout=240)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    together = "".join(errors)
    assert together.count("Installing uv") == 1
    assert together.count("Setting up") == 1


def test_without_uv_and_python3(tree: Path) -> None:
    """A machine with neither hears what it needs, and where to get it."""
    code, error = _setup(tree, PATH=str(_bin(tree)))
    assert code == 1
    assert "needs uv or python3" in error
    assert _LINK in error


def test_a_python3_without_venv(tree: Path) -> None:
    """Debian's python3 without python3-venv is told which package is missing."""
    path = _bin(tree, python3=f'[ "$1" != -m ] || exit 1; {_PYTHON3}')
    code, error = _setup(tree, PATH=str(path))
    assert code == 1
    assert "apt install python3-venv" in error
    assert _LINK in error
    assert not (tree / ".tools/uv").exists()


def test_no_way_to_uv(tree: Path) -> None:
    """Offline, without uv: the index is named as the cause, and nothing half done stays."""
    offline = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:1/",
        "PIP_RETRIES": "0",
    }
    path = _bin(tree, "flock", python3=_PYTHON3)
    code, error = _setup(tree, PATH=str(path), **offline)
    assert code == 1
    assert "offline" in error
    assert _LINK in error
    assert not (tree / ".tools/uv").exists()


@pytest.mark.usefixtures("own_uv")
def test_no_way_to_packages(tree: Path) -> None:
    """Offline, with uv: what it said is shown, with the likely cause, and no half environment."""
    cache = str(tree.parent / "cache")
    code, error = _setup(tree, UV_OFFLINE="1", UV_CACHE_DIR=cache)
    assert code == 1
    assert "Could not install the packages of requirements.txt:\n    " in error
    assert "offline" in error
    assert _LINK in error
    assert not (tree / ".venv").exists()


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up."""


@pytest.fixture
def foreign_index(tmp_path: Path) -> Iterator[str]:
    """Serve as an index whose certificate nobody trusts; return its URL."""
    context, _ = certificate(tmp_path)
    with _QuietServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"https://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_certificate_that_pip_does_not_trust(tree: Path, foreign_index: str) -> None:
    """Behind a company's proxy the setting that helps is named, without uv."""
    index = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": foreign_index, "PIP_RETRIES": "0"}
    code, error = _setup(tree, PATH=str(_bin(tree, "flock", python3=_PYTHON3)), **index)
    assert code == 1
    assert "PIP_CERT" in error, error
    assert _LINK in error


@pytest.mark.usefixtures("own_uv")
def test_a_certificate_that_uv_does_not_trust(tree: Path, foreign_index: str) -> None:
    """Behind a company's proxy the setting that helps is named, with uv."""
    cache = str(tree.parent / "cache")
    code, error = _setup(
        tree, UV_DEFAULT_INDEX=foreign_index, UV_CACHE_DIR=cache, UV_HTTP_RETRIES="0"
    )
    assert code == 1
    assert "SSL_CERT_FILE" in error
    assert not (tree / ".venv").exists()


@pytest.mark.usefixtures("own_uv")
def test_another_file_than_the_locked_one(tree: Path) -> None:
    """A package whose hash is another one is not installed."""
    path = tree / "requirements.txt"
    path.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", path.read_text()))
    code, error = _setup(tree, UV_CACHE_DIR=str(tree.parent / "cache"))
    assert code == 1
    assert "not the one that requirements.txt names" in error
    assert not (tree / ".venv").exists()


@pytest.mark.usefixtures("own_uv")
def test_a_package_without_a_hash(tree: Path) -> None:
    """A lock file without hashes is refused."""
    (tree / "requirements.txt").write_text("idna==3.10\n")
    assert _setup(tree)[0] == 1


@pytest.mark.usefixtures("own_uv")
def test_a_python_that_nobody_has(tree: Path) -> None:
    """A Python that is unavailable ends with 3, which callers may take for a reason to skip."""
    code, error = _setup(tree, "3.99")
    assert code == 3
    assert "No Python 3.99 here" in error
    assert "https://www.python.org/downloads/" in error


@pytest.mark.usefixtures("own_uv")
@pytest.mark.parametrize("answer", ["echo uv 0.4.30", "echo broken >&2; exit 127", "echo uv"])
def test_an_old_uv(tree: Path, answer: str) -> None:
    """A uv on PATH that is too old, or does not run, is named and not used."""
    path = _bin(tree, uv=answer)
    code, error = _setup(tree, PATH=f"{path}:{os.environ['PATH']}")
    assert code == 0, error
    assert f"{path}/uv is too old or broken" in error
    assert _LINK in error


@pytest.mark.usefixtures("own_uv")
def test_a_uv_on_the_path(tree: Path, own_uv: Path) -> None:
    """A uv on PATH that is new enough is used, whatever it prints after its version."""
    used = tree.parent / "used"
    program = f'[ "$1" = --version ] && exec echo "uv 1.0.0 (abc 2027-01-01)"; touch {used}; exec {own_uv}/uv "$@"'
    path = _bin(tree, uv=program)
    assert _setup(tree, PATH=f"{path}:{os.environ['PATH']}")[0] == 0
    assert used.exists()


def test_a_folder_that_cannot_be_written_to(tree: Path) -> None:
    """Where nothing can be written that is said, with the folder."""
    (tree / ".tools").touch()  # root may write into read-only folders, but not into a file
    code, error = _setup(tree)
    assert code == 1
    assert f"Cannot write into {tree}" in error


def test_every_package_has_its_hashes() -> None:
    """Each lock file names exact versions only, each with the hashes of its files."""
    names = (
        "requirements.txt",
        "requirements-dev.txt",
        "tests/infra/requirements.txt",
        "scripts/uv.txt",
    )
    for name in names:
        text = (ROOT / name).read_text().replace("\\\n", "")
        lines = [line for line in text.splitlines() if line.strip()]
        assert lines
        pinned = re.compile(r"[a-z0-9.-]+==[^ ;]+( ; [^-]+)?(\s+--hash=sha256:[0-9a-f]{64})+")
        assert [line for line in lines if not pinned.fullmatch(line)] == []
