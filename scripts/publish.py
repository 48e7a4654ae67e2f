"""Publish the app to Azure with Core Tools, after a look at every file that they would send.

usage: python3 -m scripts.publish NAME [PLAN] | --list | --write

With a PLAN it publishes what ``make package`` built for it; else Azure installs the packages.

``.funcignore`` cannot keep everything out: with ``!host.json`` Core Tools send ``host.json.bak``
too. So each file must stand in ``scripts/published.txt`` and be tracked by git, or be one that this
project builds; else nothing is published. A package may also hold what is installed into it and the
app's bytecode, and must not be older than the app. ``--list`` only prints and checks; ``--write``
writes ``published.txt`` from what would be sent now: read the difference before you commit it.

Exits with 0 when all is well, 1 when a file is refused, 2 when something is missing here, else with
the code of ``func``.
"""

import filecmp
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts.core_tools import sent_from

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "scripts/published.txt"
PLANS = ("consumption", "flex")
_BUILT = "  # built"
_BYTECODE = re.compile(r"(.*/)?__pycache__/([^/]+)\.cpython-\d+\.pyc")
_INSTALLED = ".python_packages/lib/site-packages/"
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,58}[A-Za-z0-9])?")
_HEAD = """\
# Every file that publishing sends; `python3 -m scripts.publish --write` writes this list.
# Those marked as built are not in git: scripts/swagger-ui builds them, where npm is found.
"""


def main() -> int:
    """Check, then publish; return the exit code."""
    asked, plan = (*sys.argv[1:], "", "")[:2]
    if not (asked in {"--list", "--write"} or _NAME.fullmatch(asked)) or len(sys.argv) > 3:  # noqa: PLR2004 - the program, name and plan
        print("Say to which app: make publish NAME=...", file=sys.stderr)
        return 2
    folder = ROOT / ".package" / plan if plan else ROOT
    if plan and (plan not in PLANS or not folder.is_dir()):
        print(f"There is no package: make package PLAN={' or '.join(PLANS)}", file=sys.stderr)
        return 2
    tracked = _list_tracked()
    if tracked is None:
        print("This is not a git checkout: nothing says which files are meant.", file=sys.stderr)
        return 2
    files = sent_from(folder)
    if asked == "--write":
        LIST.write_text(_HEAD + "".join(f"{line}\n" for line in _written(files, tracked)))
        return 0
    own = own_files(files) if plan else files
    _show(folder, own, _list_changed())
    _show_rest(folder, set(files) - set(own))
    refused = [*complaints(own, tracked, LIST.read_text()), *_stale(folder, own)]
    if refused:
        print("Nothing is published:", *refused, sep="\n  ", file=sys.stderr)
        return 1
    return 0 if asked == "--list" else _publish(asked, folder)


def own_files(files: list[str]) -> list[str]:
    """Return a package's files without what is installed into it and its modules' bytecode."""
    names = set(files)
    return [
        path
        for path in files
        if not path.startswith(_INSTALLED)
        and not ((found := _BYTECODE.fullmatch(path)) and _source(found) in names)
    ]


def _source(bytecode: re.Match[str]) -> str:
    return f"{bytecode[1] or ''}{bytecode[2]}.py"


def complaints(files: list[str], tracked: set[str], listed: str) -> Iterator[str]:
    """Yield a line for each file that must not be sent, and for each that is missing.

    Args:
        files: what would be sent.
        tracked: what git tracks.
        listed: the text of ``published.txt``.
    """
    lines = [line for line in listed.splitlines() if line and not line.startswith("#")]
    built = {line.removesuffix(_BUILT) for line in lines if line.endswith(_BUILT)}
    named = {line.removesuffix(_BUILT) for line in lines}
    for path in files:
        if path not in named:
            yield f"{path!a}: scripts/published.txt does not name it"
        elif path not in tracked | built:
            yield f"{path}: git does not track it"
    for path in sorted(named - built - set(files)):
        yield f"{path}: is missing, or .funcignore leaves it out"


def _written(files: list[str], tracked: set[str]) -> list[str]:
    return [path if path in tracked else f"{path}{_BUILT}" for path in files]


def _list_tracked() -> set[str] | None:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607 - the user's git
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return {os.fsdecode(name) for name in listed.stdout.split(b"\0")}


def _list_changed() -> set[str]:
    """Return what differs from the last commit; nothing where there is no commit."""
    command = ["git", "diff", "--name-only", "-z", "HEAD"]
    listed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)  # noqa: S603
    return {os.fsdecode(name) for name in listed.stdout.split(b"\0")}


def _stale(folder: Path, files: list[str]) -> Iterator[str]:
    for path in files:
        is_here = (ROOT / path).is_file()
        if folder != ROOT and is_here and not filecmp.cmp(folder / path, ROOT / path, False):  # noqa: FBT003 - not shallow
            yield f"{path}: the package holds an older one, build it again"


def _show(folder: Path, files: list[str], changed: set[str]) -> None:
    for path in files:
        weight = (folder / path).stat().st_size
        remark = "  (differs from the last commit)" if path in changed else ""
        print(f"{weight:>9,}  {path if path.isprintable() else ascii(path)}{remark}")
    print(f"{_size(folder, files):>9,} bytes in {len(files)} files would be sent.", flush=True)


def _show_rest(folder: Path, files: set[str]) -> None:
    if files:
        size = _size(folder, files)
        print(f"{size:>9,} bytes of packages and bytecode in {len(files):,} files too.", flush=True)


def _size(folder: Path, files: Iterable[str]) -> int:
    return sum((folder / path).stat().st_size for path in files)


def _publish(name: str, folder: Path) -> int:
    if not shutil.which("func"):
        print("Core Tools are not installed: https://aka.ms/func-install", file=sys.stderr)
        return 2
    build = ["--build", "remote"] if folder == ROOT else ["--no-build"]
    command = ["func", "azure", "functionapp", "publish", name, "--python", *build]
    return subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603 - checked above


if __name__ == "__main__":
    sys.exit(main())
