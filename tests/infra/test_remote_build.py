"""What a remote build in Azure does with requirements.txt: pip, on each plan's Python."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.tree import ROOT

pytestmark = pytest.mark.infra

_REQUIREMENTS = ROOT / "requirements.txt"


@pytest.fixture(
    scope="module",
    params=[("3.12", ".venv-py312"), ("3.13", ".venv-dev")],
    ids=lambda plan: plan[0],
)
def pip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the pip that comes with a plan's Python, which set-up finds."""
    version, venv = request.param
    setup = (ROOT / "scripts/setup", venv, version, "requirements-dev.txt")
    ended = subprocess.run(setup, check=False, capture_output=True, text=True)
    if ended.returncode:
        pytest.skip(f"NO PYTHON {version}: {ended.stderr}")
    (home,) = re.findall(r"^home = (.+)$", (ROOT / venv / "pyvenv.cfg").read_text(), re.MULTILINE)
    folder = tmp_path_factory.mktemp("pip")
    subprocess.run([Path(home) / f"python{version}", "-m", "venv", folder], check=True)
    return folder / "bin/pip"


def _install(pip: Path, requirements: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Install as Oryx does: https://github.com/microsoft/Oryx (PythonBashBuildSnippet)."""
    return subprocess.run(
        [pip, "install", "--quiet", "--prefer-binary", "--target", target, "-r", requirements],
        check=False,
        capture_output=True,
        text=True,
        # Nothing is imported here: bytecode would be written for nobody.
        env={**os.environ, "PIP_NO_COMPILE": "1"},
    )


def test_pip_takes_the_lock_file(pip: Path, tmp_path: Path) -> None:
    """Hashes and environment markers stand next to each other: pip installs what fits its Python."""
    ended = _install(pip, _REQUIREMENTS, tmp_path)
    assert ended.returncode == 0, ended.stderr
    (version,) = [path.name for path in tmp_path.glob("azure_functions-*.dist-info")]
    is_312 = (pip.parent / "python3.12").exists()
    assert version.startswith("azure_functions-1." if is_312 else "azure_functions-2.")
    assert (tmp_path / "azure/cosmos").is_dir()
    assert (tmp_path / "azure_functions_runtime").is_dir() is not is_312


def test_pip_checks_the_hashes(pip: Path, tmp_path: Path) -> None:
    """Another file than the locked one is not installed."""
    (line,) = re.findall(r"^idna==(?:.*\\\n)+.*\n", _REQUIREMENTS.read_text(), re.MULTILINE)
    changed = tmp_path / "requirements.txt"
    changed.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", line))
    ended = _install(pip, changed, tmp_path / "packages")
    assert ended.returncode != 0
    assert "HASHES" in ended.stderr
