"""The app's settings: the only reader of the environment."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from petstore.errors import ConfigurationError

# What the platform sets in Azure and nowhere else (Core Tools do not set it).
_AZURE_MARK = "WEBSITE_SITE_NAME"
_SECRET_BYTES = 32  # RFC 7518, 3.2


@dataclass(frozen=True)
class CosmosSettings:
    """Where the Cosmos DB account is; without a key the app's managed identity is used."""

    endpoint: str
    key: str | None
    client_id: str | None
    database: str
    container: str


@dataclass(frozen=True)
class JwtSettings:
    """How tokens are checked: by a shared secret, or by the keys of a key set.

    Attributes:
        secret: for HS256; 32 bytes or more.
        jwks_url: where the keys for RS256 and ES256 are, when there is no secret.
        issuer: what ``iss`` must be; None for anything.
        audience: what ``aud`` must name; None for anything.
    """

    secret: str | None
    jwks_url: str | None
    issuer: str | None
    audience: str | None


@dataclass(frozen=True)
class Settings:
    """All that the app can be told, checked.

    Attributes:
        cosmos: the account, or None for the embedded store.
        sqlite_path: the file of the embedded store.
        cors_origins: which origins' pages may read answers; ``*`` for all, empty for none.
        list_cache_seconds: how long a shared cache may keep a list; 0 for not at all.
        jwt: how tokens are checked; None when they are not.
        in_azure: whether this is Azure, where nobody may write without a token.
    """

    cosmos: CosmosSettings | None
    sqlite_path: Path
    cors_origins: frozenset[str]
    list_cache_seconds: int
    jwt: JwtSettings | None
    in_azure: bool


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check every setting; an empty value counts as not set, but for CORS.

    Raises:
        ConfigurationError: naming every setting that is missing or wrong.
    """
    reader = _Reader(environment)
    settings = Settings(
        cosmos=_cosmos(reader),
        sqlite_path=Path(reader.text("PETSTORE_SQLITE_PATH", ".data/petstore.db")),
        cors_origins=_origins(reader),
        list_cache_seconds=_seconds(reader, "LIST_CACHE_SECONDS", 300),
        jwt=_jwt(reader),
        in_azure=bool(reader.text(_AZURE_MARK)),
    )
    if settings.cosmos is None and settings.in_azure:
        reader.problem("COSMOS_ENDPOINT is not set; in Azure there is no other store")
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return settings


class _Reader:
    """Reads settings and gathers what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environment.get(name, "").strip() or default

    def is_blank(self, name: str) -> bool:
        return name in self._environment and not self._environment[name].strip()

    def problem(self, sentence: str) -> None:
        self.problems.append(sentence)


def _cosmos(reader: _Reader) -> CosmosSettings | None:
    endpoint = reader.text("COSMOS_ENDPOINT")
    if not endpoint:
        return None
    if not _is_endpoint(endpoint):
        reader.problem("COSMOS_ENDPOINT must be a URL: https://NAME.documents.azure.com:443/")
    key = reader.text("COSMOS_KEY")
    if not _is_base64(key):
        reader.problem("COSMOS_KEY must be Base64 text")
    return CosmosSettings(
        endpoint=endpoint,
        key=key or None,
        client_id=reader.text("AZURE_CLIENT_ID") or None,
        database=reader.text("COSMOS_DATABASE", "petstore"),
        container=reader.text("COSMOS_CONTAINER", "pets"),
    )


def _jwt(reader: _Reader) -> JwtSettings | None:
    secret, url = reader.text("JWT_SECRET"), reader.text("JWT_JWKS_URL")
    settings = JwtSettings(
        secret=secret or None,
        jwks_url=url or None,
        issuer=reader.text("JWT_ISSUER") or None,
        audience=reader.text("JWT_AUDIENCE") or None,
    )
    if secret and url:
        reader.problem("JWT_SECRET and JWT_JWKS_URL are both set; tokens are checked in one way")
    if secret and len(secret.encode()) < _SECRET_BYTES:
        reader.problem(f"JWT_SECRET must have {_SECRET_BYTES} bytes or more")
    if url and not (_is_endpoint(url) and (url.startswith("https:") or _is_local(url))):
        reader.problem("JWT_JWKS_URL must be an https URL")
    return settings if secret or url else None


def _origins(reader: _Reader) -> frozenset[str]:
    # Core Tools drop an empty value, so "none" says it too.
    text = "" if reader.is_blank("PETSTORE_CORS_ORIGINS") else "*"
    text = reader.text("PETSTORE_CORS_ORIGINS", text)
    origins = frozenset() if text == "none" else frozenset(text.replace(",", " ").split())
    for origin in origins - {"*"}:
        if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+", origin):
            reader.problem(
                "PETSTORE_CORS_ORIGINS must be *, none, or origins such as https://example.com"
            )
    return origins


def _seconds(reader: _Reader, name: str, default: int) -> int:
    text = reader.text(name, str(default))
    if not re.fullmatch("[0-9]{1,8}", text):
        reader.problem(f"{name} must be a whole number of seconds")
        return default
    return int(text)


def _is_endpoint(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
