"""Notices changes of an app's files, by looking at them now and then.

Polling sees what every editor, container and network share does, on each system alike, and needs
nothing but Python. docs/decisions/0025-a-worker-that-is-replaced.md has its cost.
"""

import asyncio
import os
import time
from pathlib import Path

from devhost.sources import is_own

_PAUSE = 0.2  # seconds between two looks
_SHARE = 0.005  # of one processor, at most; where there are many files the pause is longer
_QUIET = 0.05  # seconds without a change after which a change is complete
_NOISY_ROUNDS = 40  # of such seconds, after which a change that goes on is taken as it is
_SETTINGS = ("host.json", "local.settings.json")
# Tests are not published with an app.
_TESTS = ("test", "tests")
_OURS = str(Path(__file__).parent)

type _Stamp = tuple[int, int, int]
type _Stamps = dict[str, _Stamp]


class Watch:
    """An app's files: each ``*.py``, host.json and local.settings.json.

    Left out are folders that begin with a dot, ``__pycache__``, ``node_modules``, virtual
    environments, ``tests`` at the top, and the dev host itself.

    Args:
        folder: the app's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._pause = _PAUSE
        self._files, self._folders = _look(self._folder)

    async def next_change(self) -> list[Path]:
        """Wait for changes, and until no more come; return the files that changed.

        A file that was added or deleted has changed as well.
        """
        while True:
            await asyncio.sleep(self._pause)
            if self._is_as_before():
                continue
            before = self._files
            await self._settle()
            either = before.keys() | self._files.keys()
            changed = [path for path in either if before.get(path) != self._files.get(path)]
            if changed:
                return sorted(map(Path, changed))

    def _is_as_before(self) -> bool:
        """Return whether nothing has changed; a folder changes when a name comes or goes."""
        began = time.thread_time()
        known = (*self._folders.items(), *self._files.items())
        is_same = all(_stamp(path) == stamp for path, stamp in known)
        self._pause = max(_PAUSE, (time.thread_time() - began) / _SHARE)
        return is_same

    async def _settle(self) -> None:
        for _ in range(_NOISY_ROUNDS):
            before = self._files, self._folders
            self._files, self._folders = _look(self._folder)
            if (self._files, self._folders) == before:
                return
            await asyncio.sleep(_QUIET)


def _look(top: str) -> tuple[_Stamps, _Stamps]:
    """Return the stamps of an app's files, and of the folders that they are in."""
    files: _Stamps = {}
    folders: _Stamps = {}
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        # Before its names are read, so that a name that comes meanwhile changes it.
        stamp = _stamp(folder)
        entries = _entries(folder)
        if folder != top and not is_own(Path(folder).name, [entry.name for entry in entries]):
            continue
        folders[folder] = stamp
        files |= {entry.path: _stamp(entry.path) for entry in entries if _is_file(entry, top)}
        waiting += [entry.path for entry in entries if _is_folder(entry, top)]
    return files, folders


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:  # deleted meanwhile, or not ours to read
        return []


def _is_file(entry: os.DirEntry[str], top: str) -> bool:
    # Emacs marks a file that is edited with a link named .#file.py, which leads nowhere.
    is_source = entry.name.endswith(".py") and not entry.name.startswith(".")
    return is_source or (entry.name in _SETTINGS and Path(entry.path).parent == Path(top))


def _is_folder(entry: os.DirEntry[str], top: str) -> bool:
    if entry.path == _OURS or (entry.name in _TESTS and Path(entry.path).parent == Path(top)):
        return False
    return entry.is_dir(follow_symlinks=False)


def _stamp(path: str) -> _Stamp:
    """Return what changes with a file; zeros where it is deleted."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of the cost of Path's
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino
