"""Reads a file of any size as lines of text.

Text is UTF-8, with or without a byte order mark, or UTF-16 with one (Excel's "Unicode Text"). Other
encodings are refused: a guess would import wrong letters. Lines end as the first one does: with LF,
CR LF or, from an old Macintosh, CR.
"""

import codecs
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

from importer.errors import BadFile

LINE_LIMIT = 1_000_000  # bytes; the API takes no larger body
_HEAD = 65_536  # bytes that show how a file is written
_SAVE = "save it as UTF-8 (in Excel: CSV UTF-8)"
_ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")  # xlsx and ods, xls, gzip


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
    """An open file; it stays the same if another file takes its name.

    Args:
        path: a regular file.

    Attributes:
        path: its path.
        size: in bytes.
        position: how many bytes of it this pass has returned.

    Raises:
        BadFile: there is no such file, it cannot be read, it is empty, or it is not text.
    """

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_file():
            raise BadFile(f"{path} is not a regular file")
        try:
            self._file = path.open("rb", buffering=0)
        except (OSError, ValueError) as error:
            raise BadFile(f"cannot open {path}: {error}") from None
        self.path = path
        self.size = os.fstat(self._file.fileno()).st_size
        self.position = 0
        self._bytes = _HashedBytes(self._file)
        try:
            self._encoding, self._mark, self._end = self._recognize()
        except BadFile:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def digest(self) -> str:
        """Return the SHA-256, in hexadecimal, of the file after a whole pass over it."""
        return self._bytes.hash.hexdigest()

    def lines(self) -> Iterator[Line]:
        """Read from the beginning.

        Raises:
            BadFile: a line is not in the file's encoding or holds a NUL byte.
        """
        self._file.seek(0)
        self._bytes = _HashedBytes(self._file)
        # Invalid bytes become surrogates here, so that the error can name their line.
        is_utf_8 = self._encoding == "utf-8"
        errors = "surrogateescape" if is_utf_8 else "surrogatepass"
        text = io.TextIOWrapper(
            io.BufferedReader(self._bytes), self._encoding, errors, newline=self._end
        )
        text.read(1 if self._mark else 0)
        self.position = self._mark
        number = 0
        while line := self._read(text):
            number += 1
            if self._count_bytes(line) > LINE_LIMIT:
                self._skip(text, line)
                yield Line(number, "", is_too_long=True)
            else:
                yield Line(number, _check(line, number))

    def _recognize(self) -> tuple[str, int, str]:
        """Return the encoding, how many bytes its mark has, and how lines end."""
        head = self._file.read(_HEAD)
        if not head:
            raise BadFile(f"{self.path} is empty")
        if head.startswith(_ARCHIVES):
            raise BadFile(f"{self.path} is a workbook or an archive, not text: {_SAVE}")
        encoding, mark = "utf-8", 0
        for bom, name in (
            (codecs.BOM_UTF8, "utf-8"),
            (codecs.BOM_UTF16_LE, "utf-16-le"),
            (codecs.BOM_UTF16_BE, "utf-16-be"),
        ):
            if head.startswith(bom):
                encoding, mark = name, len(bom)
        before, cr, after = head[mark:].decode(encoding, "ignore").partition("\r")
        is_cr = cr and "\n" not in before and not after.startswith("\n")
        return encoding, mark, "\r" if is_cr else "\n"

    def _read(self, text: io.TextIOWrapper) -> str:
        try:
            line = text.readline(LINE_LIMIT + 1)
        except OSError as error:
            raise BadFile(f"cannot read {self.path}: {error}") from None
        except UnicodeDecodeError:
            raise BadFile(f"{self.path} ends in the middle of a character of UTF-16") from None
        self.position += self._count_bytes(line)
        return line

    def _count_bytes(self, text: str) -> int:
        if self._encoding != "utf-8":
            return len(text.encode(self._encoding, "surrogatepass"))
        return len(text) if text.isascii() else len(text.encode(errors="surrogateescape"))

    def _skip(self, text: io.TextIOWrapper, line: str) -> None:
        while line and not line.endswith(self._end):
            line = self._read(text)


class _HashedBytes(io.RawIOBase):
    """The bytes of a file, hashed as they are read; the file stays open when this is closed."""

    def __init__(self, file: io.FileIO) -> None:
        self.hash = hashlib.sha256()
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._file.readinto(buffer) or 0
        self.hash.update(buffer[:count])
        return count


def _check(text: str, number: int) -> str:
    if "\0" in text:
        raise BadFile(f"line {number} holds a NUL byte: this is not text in UTF-8; {_SAVE}")
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        byte = ord(text[error.start]) - 0xDC00
        found = f"byte 0x{byte:02x}" if 0 <= byte <= 0xFF else "an unpaired surrogate"  # noqa: PLR2004
        raise BadFile(f"line {number} is not UTF-8 ({found}): {_SAVE}") from None
    return text
