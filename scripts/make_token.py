"""Print a token for a local secret: ``make token USER=ada SCOPE=pets.admin``."""

import sys
import time
from pathlib import Path

import jwt

from petstore.errors import ConfigurationError
from petstore.settings import read_settings
from scripts import local_settings

_HOUR = 3600


def main() -> int:
    """Print a token that is valid for an hour; return the exit code."""
    user, scope = sys.argv[1:]
    if not user.strip():
        print("Say whose token: make token USER=ada", file=sys.stderr)
        return 2
    try:
        checks = read_settings(local_settings.read(Path())).jwt
    except ConfigurationError as error:
        print(f"The API would not start with these settings: {error}", file=sys.stderr)
        return 1
    if checks is None or not checks.secret:
        print("Set JWT_SECRET, in the environment or in local.settings.json.", file=sys.stderr)
        return 1
    claims = {"user_id": user, "scope": scope, "exp": int(time.time()) + _HOUR}
    given = {"iss": checks.issuer, "aud": checks.audience}
    claims |= {name: value for name, value in given.items() if value}
    print(jwt.encode(claims, checks.secret, algorithm="HS256"))
    return 0


sys.exit(main())
