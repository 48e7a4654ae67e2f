"""Stands as `az` on the PATH: answers as the real one was recorded, but for planted faults.

usage: replay.py FOLDER WORD...

The folder has ``recorded`` (of recorder.py), ``faults.json``: a list of a command's first words, how
often it fails and what it then says; and takes ``calls`` and ``groups.json``. Groups are really
created and deleted; a fault that says HANG waits to be ended, or for the file ``go-on``, and then
answers.
"""

import json
import sys
import time
from pathlib import Path

type Words = list[str]

_FOLDER = Path(sys.argv[1])
_GROUPS, _CALLS = _FOLDER / "groups.json", _FOLDER / "calls"


def _command(words: Words) -> str:
    """Return the words of a command before its first option."""
    end = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return " ".join(words[:end])


def _option(words: Words, name: str) -> str:
    return words[words.index(name) + 1]


def _of_groups(words: Words) -> str:
    groups = json.loads(_GROUPS.read_text()) if _GROUPS.exists() else {}
    name, command = _option(words, "-n"), words[1]
    if command == "create":
        key, _, value = _option(words, "--tags").partition("=")
        groups[name] = {key: value}
    elif command == "delete":
        del groups[name]
    _GROUPS.write_text(json.dumps(groups))
    answers = {"exists": name in groups, "show": groups.get(name)}
    return json.dumps(answers[command], indent=2) + "\n" if command in answers else ""


def _recorded(command: str, number: int) -> str:
    """Return what the n-th call of a command printed, or the last one."""
    lines = map(json.loads, (_FOLDER / "recorded").read_text().splitlines())
    found = [line["out"] for line in lines if _command(line["words"]) == command]
    return str(found[min(number, len(found) - 1)])


def _fault(command: str, number: int) -> str:
    for name, times, text in json.loads((_FOLDER / "faults.json").read_text()):
        if command == name and number < times:
            return str(text)
    return ""


def main(words: Words) -> int:
    """Answer one command; return the exit code."""
    command = _command(words)
    calls = _CALLS.read_text().splitlines() if _CALLS.exists() else []
    number = sum(_command(json.loads(line)) == command for line in calls)
    with _CALLS.open("a") as file:
        file.write(json.dumps(words) + "\n")
    fault = _fault(command, number)
    if fault == "HANG":
        (_FOLDER / "hangs").touch()
        while not (_FOLDER / "go-on").exists():
            time.sleep(0.01)
    elif fault:
        sys.stderr.write(f"ERROR: {fault}\n")
        return 1
    is_of_groups = words[0] == "group"
    sys.stdout.write(_of_groups(words) if is_of_groups else _recorded(command, number))
    return 0


sys.exit(main(sys.argv[2:]))
