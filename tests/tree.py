"""Where the repository is, and whether a test can run on this Python."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def need_dev_host() -> None:
    """Skip the module or test that calls this where the dev host does not run."""
    if sys.version_info < (3, 13):
        pytest.skip("SKIPPED: the dev host runs on Python 3.13 and later", allow_module_level=True)
