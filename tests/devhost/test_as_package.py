"""The dev host as a package of its own: ``pip install ./devhost``, and then ``devhost``."""

import http.client
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

import devhost
from tests.devhost.running import listening, spawning
from tests.documents import tracked
from tests.tree import ROOT, need_dev_host

need_dev_host()

_HERE = Path(__file__).parent
_PROJECT = tomllib.loads((ROOT / "devhost/pyproject.toml").read_text())
_OWN = ("devhost/pyproject.toml", "devhost/README.md")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the folder, copied out of the repository, into a fresh environment; return it."""
    folder = tmp_path_factory.mktemp("package")
    for name in tracked():
        if name.startswith("devhost/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    (folder / "devhost/azurite/node_modules").mkdir()
    (folder / "devhost/azurite/node_modules/left.js").touch()
    (home,) = re.findall("^home = (.+)$", (ROOT / ".venv-dev/pyvenv.cfg").read_text(), re.MULTILINE)
    subprocess.run([Path(home) / "python3.13", "-m", "venv", folder / "venv"], check=True)
    ended = subprocess.run(
        [folder / "venv/bin/pip", "install", "--quiet", folder / "devhost", "fastapi"],
        check=False,
        capture_output=True,
        text=True,
    )
    if re.search("hatchling|fastapi", ended.stderr) and "No matching distribution" in ended.stderr:
        pytest.skip(f"SKIPPED: pip reached no package index: {ended.stderr}")
    assert ended.returncode == 0, ended.stderr
    return folder / "venv"


def test_the_files(environment: Path) -> None:
    """Every file is installed, what npm installed is not, and the folder stays as it was."""
    installed = environment / "lib/python3.13/site-packages/devhost"
    files = {
        f"devhost/{file.relative_to(installed)}"
        for file in installed.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    assert files == {name for name in tracked() if name.startswith("devhost/")} - {*_OWN}
    assert not (environment.parent / "devhost/build").exists()


@pytest.mark.parametrize(
    ("app", "path", "expected"),
    [
        ("probe_quickstart", "/api/http_trigger?name=Ada", b"Hello, Ada."),
        ("probe_asgi", "/hello/Ada", b'{"hello":"Ada"}'),
    ],
)
def test_another_app(
    environment: Path, tmp_path: Path, app: str, path: str, expected: bytes
) -> None:
    """In the folder of somebody else's app the command serves it."""
    folder = shutil.copytree(_HERE / app, tmp_path / app)
    command: list[str | Path] = [environment / "bin/devhost", "--port", "0"]
    with spawning(command, folder, {"PATH": os.environ["PATH"]}) as process:
        host = listening(process)
        assert f"http://127.0.0.1:{host.port}" in host.printed
        connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=20)
        connection.request("GET", path)
        assert connection.getresponse().read() == expected
        connection.close()
        host.stop()


def test_the_version(environment: Path) -> None:
    """The command's version is the package's."""
    found = subprocess.run(
        [environment / "bin/devhost", "--version"], check=True, capture_output=True, text=True
    )
    assert found.stdout == f"{devhost.__version__}\n"


def test_the_dependencies() -> None:
    """It asks for the versions with which production runs."""
    wanted = _PROJECT["project"]["dependencies"]
    lines = (ROOT / "requirements.in").read_text().splitlines()
    production = {line.partition(";")[0].strip() for line in lines}
    assert len(wanted) == 3
    assert {*wanted} <= production
