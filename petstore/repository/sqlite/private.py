"""Files that the user alone can read: the store holds owners' addresses."""

import os
from contextlib import suppress
from pathlib import Path

_FILE, _FOLDER = 0o600, 0o700
# SQLite gives the files that it adds the mode of the database (https://sqlite.org/wal.html).
_ADDED = ("", "-wal", "-shm", "-journal")


def keep_private(path: Path) -> None:
    """Create a database file for its user alone, or take others' rights to an existing one away.

    A missing folder is created for the user alone too. An existing one stays as it is: it may be
    shared, as /tmp is. Where the user may not change a file's mode, the mode stays.

    Raises:
        OSError: the folder cannot be created.
    """
    path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    # What else is wrong with the file SQLite says, in words of its own.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE))
    for suffix in _ADDED:
        _tighten(path.with_name(path.name + suffix))


def _tighten(path: Path) -> None:
    with suppress(OSError):
        mode = path.stat().st_mode
        if path.is_file() and mode & 0o077:
            path.chmod(mode & 0o700)
