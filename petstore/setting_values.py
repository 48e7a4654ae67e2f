"""Single settings: how they are read and what they may look like."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit


class Reader:
    """Reads settings and gathers what is wrong with them.

    Args:
        environment: all settings.

    Attributes:
        problems: a sentence each.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """Give a setting; the default when it is missing or blank."""
        return self._environment.get(name, "").strip() or default

    def seconds(self, name: str, default: int) -> int:
        """Give a whole number of seconds."""
        text = self.text(name, str(default))
        if not re.fullmatch("[0-9]{1,8}", text):
            self.problem(f"{name} must be a whole number of seconds")
            return default
        return int(text)

    def is_blank(self, name: str) -> bool:
        """Tell whether a setting is there and blank."""
        return name in self._environment and not self._environment[name].strip()

    def problem(self, sentence: str) -> None:
        """Note what is wrong."""
        self.problems.append(sentence)


def is_url(text: str, schemes: Collection[str]) -> bool:
    """Tell whether a text is a URL with one of these schemes and a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_local(url: str) -> bool:
    """Tell whether a URL leads to this machine."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


def is_base64(text: str) -> bool:
    """Tell whether a text is Base64 (RFC 4648)."""
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
