"""Headers of a mail that are written here, not by the library.

``email`` parses what a header is set to, and so decodes encoded words (RFC 2047) that somebody
typed into a name or an address: text could become other text, another recipient, or a control
character. These headers go out exactly as they are written.
"""

import base64
import re
from email.policy import EmailPolicy

_OURS = frozenset({"From", "To", "Subject", "Message-ID"})
_LINE = 76  # characters of a line that holds an encoded word (RFC 2047, 2)
# UTF-8 bytes of an encoded word: 56 characters of Base64 and 12 around them, so that one fits into
# the line behind the header's name too.
_WORD_BYTES = 42
_PLAIN = re.compile(r"[A-Za-z0-9 !#$%&'*+/^_`{|}~-]+(\.[A-Za-z0-9 !#$%&'*+/^_`{|}~-]*)*")


class WrittenHeaders(EmailPolicy):
    """The policy of a mail whose From, To, Subject and Message-ID go out as they are set."""

    def header_store_parse(self, name: str, value: str) -> tuple[str, str]:
        """Keep a header; ValueError when it holds anything but visible ASCII and blanks."""
        if name not in _OURS:
            return super().header_store_parse(name, value)
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"{name} holds a character that no header may hold")
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return a header as it was set."""
        return value if name in _OURS else super().header_fetch_parse(name, value)

    def fold(self, name: str, value: str) -> str:
        """Return the lines of a header."""
        return _folded(name, value, self.linesep) if name in _OURS else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return the same as bytes."""
        if name not in _OURS:
            return super().fold_binary(name, value)
        return self.fold(name, value).encode("ascii")


def phrase(text: str) -> str:
    """Return a name as it stands in front of an address: as it is, or in encoded words."""
    if _PLAIN.fullmatch(text) and "=?" not in text:
        return text if "." not in text else f'"{text}"'
    return " ".join(_encoded_words(text))


def _encoded_words(text: str) -> list[str]:
    """Return encoded words of at most 75 characters; none splits a character."""
    words, rest = [], text
    while rest:
        part = rest[:_WORD_BYTES]
        while len(part.encode()) > _WORD_BYTES:
            part = part[:-1]
        words.append(f"=?utf-8?b?{base64.b64encode(part.encode()).decode()}?=")
        rest = rest[len(part) :]
    return words


def _folded(name: str, value: str, end: str) -> str:
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > _LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return end.join(lines) + end
