"""The Node.js tools of this folder's package.json, installed once for a test run."""

from pathlib import Path

import pytest

from devhost import npm

HERE = Path(__file__).parent


def installed() -> Path:
    """Return the folder of the tools' programs; skip loudly where Node.js is missing."""
    if reason := npm.missing_tools():
        pytest.skip(f"NOT PROVEN by spectral, redocly and a browser: {reason}")
    return npm.install(HERE, "the tools of tests/proof") / ".bin"
