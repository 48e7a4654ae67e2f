"""The Node.js tools of this folder's package.json, installed once for a test run."""

from pathlib import Path

import pytest

from devhost import npm

HERE = Path(__file__).parent


def installed() -> Path:
    """Return the folder of the tools' programs; skip loudly where Node.js or its registry is away."""
    try:
        return npm.install(HERE, "the tools of tests/proof") / ".bin"
    except npm.NpmError as error:
        pytest.skip(f"NOT PROVEN by the Node.js tools of tests/proof: {error}")
