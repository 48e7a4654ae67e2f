"""The Node.js tools of this folder's package.json, installed once for a test run."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
_MODULES = HERE / "node_modules"


def installed() -> Path:
    """Give the folder of the tools' programs; skip loudly where Node.js is missing."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("NOT PROVEN by spectral, redocly and a browser: Node.js is missing here")
    lock = HERE / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    mark = _MODULES / ".installed"
    # Two test runs at once must not install into one folder.
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (mark.exists() and mark.read_text() == wanted):
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=HERE, check=True, capture_output=True, timeout=600)
            mark.write_text(wanted)
    return _MODULES / ".bin"
