"""Tracebacks for people: the app's own line first, and without the frames of worker and host."""

import re
from pathlib import Path

_FRAME = re.compile(r'  File "(?P<file>.+)", line (?P<line>\d+), in (?P<name>.+)')
# Whose frames stand between the host and the app's function.
_BETWEEN = ("/azure_functions_runtime/", "/concurrent/futures/thread.py", "/devhost/worker/")


def describe(trace: str, folder: Path, *, is_whole: bool = False) -> str:
    """Return a failure in several lines: what, where in the app, and the traceback.

    Args:
        trace: the traceback as Python formats it.
        folder: the app's folder.
        is_whole: whether the traceback keeps every frame.
    """
    frames = [_Frame(text) for text in _frames(trace)]
    what = trace.rpartition(frames[-1].text)[2].strip() if frames else trace.strip()
    lines = [what.partition("\n")[0]]
    own = [frame for frame in frames if frame.is_below(folder)]
    if own:
        lines.append(f"  {own[-1].describe(folder)}")
    if not is_whole:
        for frame in frames:
            if any(part in frame.file.replace("\\", "/") for part in _BETWEEN):
                trace = trace.replace(frame.text, "", 1)
    return "\n".join([*lines, *(f"  {line}" for line in trace.strip().splitlines())])


class _Frame:
    """A frame of a traceback."""

    def __init__(self, text: str) -> None:
        self.text = text
        head, *code = text.splitlines()
        found = _FRAME.fullmatch(head)
        assert found is not None  # noqa: S101 - as it was found
        self.file, self._line, self._name = found["file"], found["line"], found["name"]
        self._code = code[0].strip() if code else ""

    def is_below(self, folder: Path) -> bool:
        return Path(self.file).is_relative_to(folder) and "site-packages" not in self.file

    def describe(self, folder: Path) -> str:
        place = f"{Path(self.file).relative_to(folder)}:{self._line} in {self._name}"
        return f"{place}: {self._code}" if self._code else place


def _frames(trace: str) -> list[str]:
    """Return the text of each frame, with the code below it."""
    return [
        found[0]
        for found in re.finditer(rf"^{_FRAME.pattern}\n(?:    .*\n)*", trace + "\n", re.MULTILINE)
    ]
