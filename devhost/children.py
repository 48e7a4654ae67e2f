"""Child processes that end when their standard input is closed."""

import subprocess
from typing import Any


def stop(process: subprocess.Popen[Any], seconds: float) -> None:
    """Close a child's standard input and wait for its end; kill it after some seconds."""
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
