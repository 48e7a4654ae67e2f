"""Creates files that nobody else can have prepared."""

import os
from pathlib import Path
from typing import BinaryIO


def create(path: Path, mode: int = 0o666) -> BinaryIO:
    """Create a file and open it for writing; an older file of that name is removed.

    In a folder that others can write to, a symbolic link planted there is removed, not followed.

    Args:
        path: the file.
        mode: its permissions, as far as the process's umask allows them.

    Raises:
        OSError: it cannot be created, or somebody else just did.
    """
    path.unlink(missing_ok=True)
    # O_EXCL follows no symbolic link (open(2)).
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")
