"""A checkout works whatever git is told about line ends."""

import subprocess
from pathlib import Path

import pytest

from tests.tree import ROOT

_WRITTEN = "tests/importer/written/"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Check out the tracked files, as they are now, with conversion to CR LF switched on."""
    folder = tmp_path_factory.mktemp("checkout")
    index = folder / "index"
    work = folder / "tree"
    work.mkdir()
    git = ["git", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", f"--work-tree={work}"]
    environment = {"GIT_INDEX_FILE": str(index), "PATH": "/usr/bin:/bin:/usr/local/bin"}
    place = subprocess.check_output(["git", "rev-parse", "--git-dir"], cwd=ROOT, text=True)  # noqa: S607
    git.append(f"--git-dir={(ROOT / place.strip()).resolve()}")
    for command in (["read-tree", "HEAD"], ["checkout-index", "--all"]):
        subprocess.run([*git, *command], cwd=work, env=environment, check=True)
    return work


def test_text_keeps_its_line_ends(checkout: Path) -> None:
    """Scripts, the Makefile and every other text have LF in a checkout that converts."""
    files = [path for path in checkout.rglob("*") if path.is_file()]
    assert len(files) > 100
    texts = {path: path.read_bytes() for path in files}
    converted = [
        path.relative_to(checkout).as_posix()
        for path, content in texts.items()
        if b"\r\n" in content and b"\0" not in content
    ]
    assert [name for name in converted if not name.startswith(_WRITTEN)] == []


def test_recordings_keep_every_byte(checkout: Path) -> None:
    """What other programs wrote is the same, byte for byte."""
    names = [path.name for path in (checkout / _WRITTEN).iterdir()]
    assert len(names) > 5
    for name in names:
        assert (checkout / _WRITTEN / name).read_bytes() == (ROOT / _WRITTEN / name).read_bytes()
