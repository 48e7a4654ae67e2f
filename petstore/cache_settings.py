"""The settings of the optional cache in Redis."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from petstore.setting_values import Reader, is_local, is_url

_SCHEMES = ("redis", "rediss")
_PORT = 6379
_SECONDS = 300
_LONGEST = 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class CacheSettings:
    """Where the Redis server is, and how long it keeps a pet.

    Attributes:
        host: the server.
        port: its port.
        tls: whether the connection is encrypted.
        user: who logs in; None for the server's default user.
        password: the password or access key. None with a user: a token of the app's identity is
            sent in its place, and the user is the identity's object id. None without: nobody
            logs in.
        client_id: which user-assigned managed identity; None for the system-assigned one.
        database: the number of the database.
        seconds: how long a pet is kept.
    """

    host: str
    port: int
    tls: bool
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    client_id: str | None
    database: int
    seconds: int


def read_cache_settings(reader: Reader, *, in_azure: bool) -> CacheSettings | None:
    """Return where the cache is; None where REDIS_URL is empty. Problems go to the reader."""
    url = reader.text("REDIS_URL")
    seconds = _seconds(reader)
    if not url:
        return None
    if not _is_redis_url(url):
        reader.problem(
            "REDIS_URL",
            "must be rediss://USER:PASSWORD@HOST:PORT/DATABASE without parameters, special"
            " characters of USER and PASSWORD written as %XX; all but HOST may be left out",
        )
        return None
    parts = urlsplit(url)
    tls = parts.scheme == "rediss"
    if in_azure and not tls and not is_local(url):
        reader.problem("REDIS_URL", "must begin with rediss:// in Azure: pets name their owners")
    if parts.username and parts.password is None and not tls:
        reader.problem("REDIS_URL", "names a user without a password, which only rediss:// allows")
    return CacheSettings(
        host=parts.hostname or "",
        port=parts.port or _PORT,
        tls=tls,
        user=_decoded(parts.username),
        password=_decoded(parts.password),
        client_id=reader.text("AZURE_CLIENT_ID") or None,
        database=_database(parts),
        seconds=seconds,
    )


def _seconds(reader: Reader) -> int:
    seconds = reader.seconds("CACHE_SECONDS", _SECONDS)
    if not 1 <= seconds <= _LONGEST:
        reader.problem(
            "CACHE_SECONDS", f"must be 1 to {_LONGEST}; an empty REDIS_URL turns the cache off"
        )
    return seconds


def _is_redis_url(url: str) -> bool:
    if not is_url(url, _SCHEMES) or not unquote(url).isprintable():
        return False
    parts = urlsplit(url)
    # A parameter could switch the check of certificates off.
    return re.fullmatch(r"/?|/[0-9]{1,4}", parts.path) is not None and not (
        parts.query or parts.fragment
    )


def _database(parts: SplitResult) -> int:
    return int(parts.path.strip("/") or 0)


def _decoded(text: str | None) -> str | None:
    return unquote(text) if text else None
