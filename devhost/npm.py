"""Programs of npm: the packages that a folder's package-lock.json names, installed once."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

_TIMEOUT = 600  # seconds; the first run on a machine downloads some 40 MB


class NpmError(Exception):
    """The packages cannot be installed; the message says why."""


def missing_tools() -> str | None:
    """Return which program is missing to run what npm installs; None when none is."""
    absent = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"Node.js is missing here ({' and '.join(absent)} not found)" if absent else None


def program(name: str) -> str:
    """Return the path of a program; NpmError when there is none."""
    path = shutil.which(name)
    if path is None:
        raise NpmError(f"{name} is not found")
    return path


def install(folder: Path, what: str) -> Path:
    """Install what a folder's lock file names, once, whoever comes first.

    Args:
        folder: where package.json and package-lock.json are.
        what: the name to print while it is installed.

    Returns:
        The folder of the packages.

    Raises:
        NpmError: it cannot be installed.
    """
    if reason := missing_tools():
        raise NpmError(reason)
    modules = folder / "node_modules"
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    done = modules / ".installed"
    fcntl = _import_fcntl()
    with (folder / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (done.is_file() and done.read_text() == wanted):
            print(f"Installing {what}, once on this machine.", file=sys.stderr, flush=True)
            _ci(folder)
            done.write_text(wanted)
    return modules


def _import_fcntl() -> ModuleType:
    try:
        import fcntl  # noqa: PLC0415 - see below
    except ImportError:
        raise NpmError("file locks are missing here (fcntl), as on Windows") from None
    return fcntl


def _ci(folder: Path) -> None:
    try:
        subprocess.run(  # noqa: S603 - npm, with this folder's own lock file
            [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            check=True,
            timeout=_TIMEOUT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise NpmError(f"npm ci failed in {folder}: {error.stderr[-500:].strip()}") from None
    except subprocess.TimeoutExpired:
        raise NpmError(f"npm ci took longer than {_TIMEOUT} s in {folder}") from None


def main() -> int:
    """Install the packages of the folder in the first argument; the second is their name."""
    try:
        install(Path(sys.argv[1]), sys.argv[2])
    except NpmError as error:
        print(f"devhost.npm: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
