"""``python -m openapi.swagger_ui``: build Swagger UI into the app, compressed.

Where npm cannot install it, /api/docs loads it from a CDN: that is said, and no failure.
"""

import gzip
import hashlib
import os
import sys
from pathlib import Path

from devhost.npm import NpmError, install

_ROOT = Path(__file__).parents[1]
_LOCKED = Path(__file__).parent / "swagger-ui"
_BUILT = _ROOT / "petstore/http/swagger-ui"
_NAMES = ("swagger-ui.css", "swagger-ui-bundle.js")


def main() -> None:
    """Build it, unless that is done already."""
    sources = (_LOCKED / "package-lock.json", Path(__file__))
    wanted = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    done = _BUILT / ".installed"
    if done.is_file() and done.read_text() == wanted:
        return
    try:
        packages = install(_LOCKED, "Swagger UI")
    except NpmError as error:
        print(f"{error}: /api/docs will load Swagger UI from a CDN.", file=sys.stderr)
        return
    _BUILT.mkdir(exist_ok=True)
    for name in _NAMES:
        # An older release left it uncompressed.
        (_BUILT / name).unlink(missing_ok=True)
        _compress(packages / "swagger-ui-dist" / name, _BUILT / f"{name}.gz")
    done.write_text(wanted)


def _compress(source: Path, target: Path) -> None:
    """Write a file compressed; the same bytes each time, and complete before it has its name."""
    half_done = target.with_name(f".{target.name}.{os.getpid()}")
    half_done.write_bytes(gzip.compress(source.read_bytes(), mtime=0))
    half_done.replace(target)


if __name__ == "__main__":
    main()
