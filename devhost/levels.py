"""Which lines host.json's ``logLevel`` lets through, by the rules of .NET's logging.

https://learn.microsoft.com/azure/azure-functions/configure-monitoring#configure-log-levels
"""

import json
import logging
from dataclasses import dataclass
from typing import Final

HOST: Final = "Host.General"
_DEFAULT = "default"
_NUMBERS = {
    "trace": logging.NOTSET,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


def category_of(function: str) -> str:
    """Return the category of what the host says of a function's calls."""
    return f"Function.{function}"


def user_category_of(function: str) -> str:
    """Return the category of what a function logs."""
    return f"Function.{function}.User"


@dataclass(frozen=True)
class Levels:
    """The least level of each category that is printed.

    Attributes:
        rules: beginnings of categories in any case, one ``*`` allowed in each, with .NET's names
            of levels in lower case; ``default`` is for what no other fits.
    """

    rules: tuple[tuple[str, str], ...] = ()

    def dump(self) -> str:
        """Return them as text, for ``load``."""
        return json.dumps(self.rules)

    @classmethod
    def load(cls, text: str) -> "Levels":
        """Return the levels that were dumped."""
        return cls(tuple((category, level) for category, level in json.loads(text)))

    def least(self, category: str) -> int:
        """Return the least level of a category, as logging's number: the longest rule counts."""
        fitting = [rule for rule in self.rules if _fits(rule[0].lower(), category.lower())]
        _, level = max(fitting, key=lambda rule: len(rule[0]), default=("", self._default()))
        return _NUMBERS[level]

    def _default(self) -> str:
        levels = (level for name, level in self.rules if name.lower() == _DEFAULT)
        return next(levels, "information")

    def lowest(self) -> int:
        """Return the least level that any category has."""
        return min(_NUMBERS[level] for level in (self._default(), *(one for _, one in self.rules)))


def _fits(rule: str, category: str) -> bool:
    if rule == _DEFAULT:
        return False
    beginning, _, end = rule.partition("*")
    return category.startswith(beginning) and category.endswith(end)
