"""Rename the entity everywhere: ``python tests/adapting/rename.py book``.

Run it on a fresh checkout, with nothing uncommitted, then `make format openapi quick`. Renames
files and folders too: ``petstore/pets.py`` becomes ``bookstore/books.py``.
"""

import re
import subprocess
import sys
from pathlib import Path

# A pet, pets and PetStore, alone or as a part of a name; not the pet in "competing".
_PET = re.compile(
    r"(?<![a-zA-Z])pet(?=s?(?![a-z])|store)|Pet(?=s?(?![a-z])|[sS]tore)|PET(?=S?(?![A-Z]))"
)
# Not text of ours.
_KEPT = (".png", "requirements.txt", "requirements-dev.txt", "package-lock.json")
_WRITTEN = "tests/importer/written/"


def rename(root: Path, new: str) -> None:
    """Rename in the tracked files below a folder.

    Args:
        root: the folder.
        new: the entity, in lower case and in the singular: ``book``.
    """
    words = {"pet": new, "Pet": new.title(), "PET": new.upper()}

    def renamed(text: str) -> str:
        return _PET.sub(lambda found: words[found[0]], text)

    for name in _list_tracked(root):
        path = root / name
        if not (name.endswith(_KEPT) or name.startswith(_WRITTEN)):
            text = path.read_text()
            path.write_text(renamed(text))
        target = root / renamed(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


def _list_tracked(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name]


if __name__ == "__main__":
    rename(Path.cwd(), sys.argv[1])
