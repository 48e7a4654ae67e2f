"""The side file: rows that the API refuses, one JSON object per line, for somebody to fix."""

import json
import os
from pathlib import Path
from typing import BinaryIO, Self

from importer.errors import BrokenOff
from importer.new_file import create
from importer.row import Row


class RefusedRows:
    """Writes ``FILE.refused.jsonl``, which is created when the first row is refused.

    Until the end the rows are in ``FILE.refused.jsonl.part``, in the order of their answers. Then
    that file replaces an older one in a single step. It holds owners' addresses, so the user alone
    can read it.

    Args:
        source: the imported file.

    Attributes:
        path: the side file.
    """

    def __init__(self, source: Path) -> None:
        self.path = source.with_name(source.name + ".refused.jsonl")
        self._part = self.path.with_name(self.path.name + ".part")
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            try:
                self._file.close()
                os.replace(self._part, self.path)  # noqa: PTH105 - the clearest name
            except OSError as fault:
                raise BrokenOff(f"cannot write {self.path}: {fault}") from None

    def add(self, row: Row, status: int | None, reason: str) -> None:
        """Write a row.

        Args:
            row: the refused row.
            status: the HTTP status; None when the row was not sent.
            reason: why, in words.

        Raises:
            BrokenOff: it cannot be written.
        """
        entry = {"line": row.line, "status": status, "reason": reason, "row": row.content}
        # An unpaired surrogate becomes its own JSON escape.
        text = json.dumps(entry, ensure_ascii=False, allow_nan=False)
        content = text.encode(errors="backslashreplace")
        try:
            if self._file is None:
                self._file = create(self._part, 0o600)
            self._file.write(content + b"\n")
            self._file.flush()
        except OSError as error:
            raise BrokenOff(f"cannot write {self._part}: {error}") from None

    def forget_old(self) -> None:
        """Delete the side file of an older import, after one that refused nothing.

        Raises:
            BrokenOff: it cannot be deleted.
        """
        try:
            if self._file is None:
                self._part.unlink(missing_ok=True)
                self.path.unlink(missing_ok=True)
        except OSError as error:
            raise BrokenOff(f"cannot delete {self.path}: {error}") from None
