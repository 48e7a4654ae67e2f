"""Prints a token for a local secret: ``make token USER=ada SCOPE=pets.admin``."""

import os
import sys
import time
from pathlib import Path

import jwt

from devhost.app_settings import read_values

_HOUR = 3600


def main() -> int:
    """Print a token that is good for an hour; give the exit code."""
    settings = {**read_values(Path()), **os.environ}
    secret = settings.get("JWT_SECRET", "")
    if not secret:
        print("Set JWT_SECRET, in the environment or in local.settings.json.", file=sys.stderr)
        return 1
    claims = {"user_id": sys.argv[1], "scope": sys.argv[2], "exp": int(time.time()) + _HOUR}
    for name, setting in (("iss", "JWT_ISSUER"), ("aud", "JWT_AUDIENCE")):
        if settings.get(setting):
            claims[name] = settings[setting]
    print(jwt.encode(claims, secret, algorithm="HS256"))
    return 0


sys.exit(main())
