"""Peak memory, as the system tells it."""

import resource
import sys

# In bytes on macOS, in KiB elsewhere.
_UNIT = 1 if sys.platform == "darwin" else 1024


def peak(usage: resource.struct_rusage) -> float:
    """Return the peak resident size of a process in MiB."""
    return usage.ru_maxrss * _UNIT / 2**20
