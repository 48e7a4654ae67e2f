"""The file as lines of text, however large it is."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

from importer.errors import BadFile

LINE_LIMIT = 1_000_000  # bytes; the API takes no larger body
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One physical line of the file.

    Attributes:
        number: 1 for the first.
        text: with its line break; empty when it is too long.
        is_too_long: whether it has more than ``LINE_LIMIT`` bytes.
    """

    number: int
    text: str
    is_too_long: bool = False


class Source:
    """An open file. It stays the same one, even when another takes its name meanwhile.

    Args:
        path: a regular file.

    Attributes:
        path: the same.
        size: in bytes.
        position: how many bytes the last pass has read.
        digest: the SHA-256 of what the last pass has read, in hexadecimal.

    Raises:
        BadFile: there is no such file, it cannot be read, or it is empty.
    """

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_file():
            raise BadFile(f"{path} is not a regular file")
        try:
            self._file = path.open("rb")
        except (OSError, ValueError) as error:
            raise BadFile(f"cannot open {path}: {error}") from None
        self.path = path
        self.size = os.fstat(self._file.fileno()).st_size
        self.position = 0
        self._hash = hashlib.sha256()
        if self.size == 0:
            self._file.close()
            raise BadFile(f"{path} is empty")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def digest(self) -> str:
        """Give the SHA-256 of what was read since the file's beginning, in hexadecimal."""
        return self._hash.hexdigest()

    def lines(self) -> Iterator[Line]:
        """Read from the beginning. A line ends with a line feed.

        Raises:
            BadFile: a line is not UTF-8 or holds a NUL byte.
        """
        self._file.seek(0)
        self.position, self._hash = 0, hashlib.sha256()
        number = 0
        while raw := self._read():
            number += 1
            if len(raw) > LINE_LIMIT:
                self._skip(raw)
                yield Line(number, "", is_too_long=True)
            else:
                yield Line(number, _text(raw.removeprefix(_BOM) if number == 1 else raw, number))

    def _read(self) -> bytes:
        try:
            raw = self._file.readline(LINE_LIMIT + 1)
        except OSError as error:
            raise BadFile(f"cannot read {self.path}: {error}") from None
        self._hash.update(raw)
        self.position += len(raw)
        return raw

    def _skip(self, raw: bytes) -> None:
        while raw and not raw.endswith(b"\n"):
            raw = self._read()


def _text(raw: bytes, number: int) -> str:
    if b"\0" in raw:
        raise BadFile(f"line {number} holds a NUL byte: this is no text in UTF-8")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        byte = raw[error.start]
        raise BadFile(f"line {number} is not UTF-8 (byte 0x{byte:02x}): save it as UTF-8") from None
