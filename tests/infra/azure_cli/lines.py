"""Where texts name `az` commands: blocks of documents, code within sentences, steps of a workflow."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

# Wherever az is named with a command, in any text; sentences have az as a word of its own too.
_GROUPS = (
    "account|ad|bicep|cloud|config|cosmosdb|deployment|extension|functionapp|group|identity|keyvault|"
    "lock|login|logout|monitor|policy|provider|resource|rest|role|storage|tag|version|webapp"
)
NAMED = re.compile(rf"(?<![\w./-])az ({_GROUPS})\b")
_CALLED = re.compile(r"(?<![\w./-])az [a-z]")
_BLOCK = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(`+)(az\s[^`]+)\1")
_PROSE_MARKS = re.compile(r"^\s*(#|//)", re.MULTILINE)


def blocks(path: Path, text: str) -> list[str]:
    """Return the pieces of shell of a file that call az."""
    if path.suffix in {".yml", ".yaml"}:
        jobs = (yaml.safe_load(text) or {}).get("jobs", {}).values()
        found = [step.get("run", "") for job in jobs for step in job["steps"]]
    else:
        found = _BLOCK.findall(text) if path.suffix == ".md" else []
    return [block for block in found if _CALLED.search(block)]


def inline(path: Path, text: str) -> list[list[str]]:
    """Return the words of commands within sentences; what is left out asks for help only.

    A command that is only named, or has dots in it, has no complete arguments: ``--help`` is added,
    for which az needs to know the command and what stands before.
    """
    prose = _BLOCK.sub("", text) if path.suffix == ".md" else _PROSE_MARKS.sub("", text)
    return [_words(" ".join(line.split())) for _, line in _INLINE.findall(prose)]


def _words(line: str) -> list[str]:
    words = [word for word in line.split()[1:] if word != "..."]
    is_whole = "..." not in line and any(word.startswith("-") for word in words)
    return words if is_whole else [*words, "--help"]


def unread(path: Path, text: str) -> Iterator[str]:
    """Yield the lines that name a command where neither of the two above finds it."""
    for block in blocks(path, text):
        for line in block.splitlines():
            # The block of a workflow stands deeper in its file.
            text = re.sub(rf"^ *{re.escape(line.strip())}$", "", text, count=1, flags=re.MULTILINE)
    rest = _INLINE.sub("", _PROSE_MARKS.sub("", text))
    yield from (line for line in rest.splitlines() if NAMED.search(line))
