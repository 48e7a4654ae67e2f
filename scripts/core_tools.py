"""Which files `func azure functionapp publish` and `func pack` send, by Core Tools' own rules.

Measured on Core Tools 4.14. ``.funcignore`` is not gitignore: a pattern starts at the root and ends
at the end of a word, ``*`` stands for one or more characters of one name and ``**`` for any, and a
``!`` line wins wherever it stands. Letters outside ASCII are no words to it.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

_SPECIAL = re.compile(r"[-\[\]/{}()+?.\\^$|]")
# Left out whatever .funcignore says; .python_packages by a remote build only, which deletes it.
_NEVER = {".git", ".vscode", ".gitignore", ".funcignore", "local.settings.json"}


def sent(funcignore: str, paths: list[str]) -> list[str]:
    """Return those of the paths that would be sent.

    Args:
        funcignore: the text of ``.funcignore``; empty where there is none.
        paths: files, relative to the app's folder, with ``/``.
    """
    lines = [line.strip() for line in funcignore.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    dropped = _pattern([line for line in lines if not line.startswith("!")])
    kept = _pattern([line[1:] for line in lines if line.startswith("!")])
    free = [path for path in paths if not _NEVER & set(path.split("/"))]
    return [path for path in free if kept.search(path) or not dropped.search(path)]


def sent_from(folder: Path) -> list[str]:
    """Return what would be sent from a folder, sorted."""
    funcignore = folder / ".funcignore"
    text = funcignore.read_text() if funcignore.is_file() else ""
    return sorted(sent(text, list(_files(folder, "", ()))))


def _files(folder: Path, prefix: str, above: tuple[tuple[int, int], ...]) -> Iterator[str]:
    """Walk as Core Tools do, which follow links; a link to a folder above is not followed."""
    found = folder.stat()
    if (place := (found.st_dev, found.st_ino)) in above:
        return
    for entry in os.scandir(folder):
        # Not Path, which is slow: a checkout has a hundred thousand files.
        if not entry.is_dir():
            yield prefix + entry.name
        elif entry.name != ".git":
            yield from _files(Path(entry.path), f"{prefix}{entry.name}/", (*above, place))


def _pattern(lines: list[str]) -> re.Pattern[str]:
    """Return Core Tools' regular expression for patterns: from the start, to the end of a word."""
    if not lines:
        return re.compile(r"$^")
    parts = [_SPECIAL.sub(r"\\\g<0>", line.removeprefix("/")) for line in lines]
    parts = [part.replace("**", "(.+)").replace("*", "([^/]+)") for part in parts]
    return re.compile(f"^(({')|('.join(parts)}))\\b", re.ASCII)
