"""Single settings: how they are read and what they may look like."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from urllib.parse import unquote, urlsplit

# What the platform leaves in a setting whose reference it could not resolve, in any spelling:
# @Microsoft.KeyVault(VaultName=kv;SecretName=name), @Microsoft.AppConfiguration(Endpoint=...).
_REFERENCE = re.compile(r"@\s*microsoft\s*\.\s*(key\s*vault|app\s*configuration)\b", re.IGNORECASE)
_UNRESOLVED = (
    "is a reference that Azure did not resolve: check that the secret exists, that the app's"
    " identity may read it, and that the reference is the whole value; then restart the app"
)


class Reader:
    """Reads settings and collects what is wrong with them.

    Args:
        environment: all settings.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._names: set[str] = set()
        self._unusable: dict[str, str] = {}
        self._problems: list[tuple[str, str]] = []

    @property
    def names(self) -> frozenset[str]:
        """The names of the settings that were read."""
        return frozenset(self._names)

    @property
    def problems(self) -> list[str]:
        """What is wrong, a sentence each; of a setting that cannot be used at all only that."""
        others = [text for name, text in self._problems if name not in self._unusable]
        return [*self._unusable.values(), *others]

    def text(self, name: str, default: str = "") -> str:
        """Return a setting; the default when it is missing or blank.

        An unresolved reference is a problem, and its text, which can be guessed from the public
        template, is never returned; nor is what the environment holds in another encoding.
        """
        self._names.add(name)
        text = self._environment.get(name, "").strip()
        if not is_text(text):
            self._unusable[name] = f"{name} is not UTF-8"
        elif is_reference(text):
            self._unusable[name] = f"{name} {_UNRESOLVED}"
        return default if name in self._unusable else text or default

    def seconds(self, name: str, default: int) -> int:
        """Return a whole number of seconds."""
        return self._number(name, default, "must be a whole number of seconds")

    def count(self, name: str, default: int) -> int:
        """Return a whole number."""
        return self._number(name, default, "must be a whole number, 0 for no limit")

    def _number(self, name: str, default: int, rule: str) -> int:
        text = self.text(name, str(default))
        if not re.fullmatch("[0-9]{1,8}", text):
            self.problem(name, rule)
            return default
        return int(text)

    def is_blank(self, name: str) -> bool:
        """Return whether a setting is present and blank."""
        return name in self._environment and not self._environment[name].strip()

    def problem(self, name: str, predicate: str) -> None:
        """Note what is wrong with a setting."""
        self._problems.append((name, f"{name} {predicate}"))


def is_text(text: str) -> bool:
    """Return whether a text can be written in UTF-8: whether it has no unpaired surrogate."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def is_reference(text: str) -> bool:
    """Return whether a text holds a reference to Azure Key Vault or App Configuration.

    The platform puts the value in its place; a text that the app can read was not resolved. See
    https://learn.microsoft.com/azure/app-service/app-service-key-vault-references.
    """
    return _REFERENCE.search(unquote(text)) is not None


def is_url(text: str, schemes: Collection[str]) -> bool:
    """Return whether a text is a URL with one of these schemes and a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_local(url: str) -> bool:
    """Return whether a URL leads to this machine."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


def is_base64(text: str) -> bool:
    """Return whether a text is Base64 (RFC 4648)."""
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
