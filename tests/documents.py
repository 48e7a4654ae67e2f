"""Reading the documents: their tables and the examples in their console blocks."""

import re
import subprocess

from tests.tree import ROOT

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")


def read(name: str) -> str:
    """Return the text of a document."""
    return (ROOT / name).read_text()


def tracked() -> list[str]:
    """Return the names of the files that git tracks and that are there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    level = len(heading.partition(" ")[0])
    below = text.partition(f"\n{heading}\n")[2]
    return re.split(rf"^#{{1,{level}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of the tables, without their head."""
    lines = re.findall(r"^\| (.*) \|$|^\|(-+\|)+$", text.replace("| |", "|  |"), re.MULTILINE)
    return [
        [cell.strip() for cell in cells.split(" | ")]
        for (cells, _), (following, _) in zip(lines, [*lines[1:], ("end", "")], strict=True)
        if cells and following
    ]


def quoted(text: str) -> list[str]:
    """Return what stands between backquotes."""
    return re.findall(r"`([^`]+)`", text)


def examples(text: str) -> list[tuple[str, str]]:
    """Return the commands of the console blocks, each with the output shown below it."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    steps = [step for block in blocks for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    command = re.compile(r"(?:.*\\\n)*.*\n")
    return [
        (found[0], step[found.end() :])
        for step in steps
        if (found := command.match(step)) is not None
    ]


def with_id(command: str, pet_id: str) -> str:
    """Return a command with the ids in it replaced by a real one."""
    return _ID.sub(pet_id, command)


def first_id(text: str) -> str:
    """Return the first id in a text, or nothing."""
    found = _ID.search(text)
    return found[0] if found else ""


def is_shown(output: str, shown: str) -> bool:
    """Return whether an output is what is shown, but for ids and times; ``...`` is anything."""
    pattern = ".*".join(re.escape(part) for part in _neutral(shown).split("..."))
    return re.fullmatch(pattern, _neutral(output), re.DOTALL) is not None


def _neutral(text: str) -> str:
    return _TIME.sub("TIME", _ID.sub("ID", text)).strip()
