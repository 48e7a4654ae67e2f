"""The app's settings, read from the environment and checked, all at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from petstore.cache_settings import CacheSettings, read_cache_settings
from petstore.errors import ConfigurationError
from petstore.mail_settings import MailCaps, MailSettings, read_mail_caps, read_mail_settings
from petstore.setting_values import Reader, is_base64, is_local, is_url

# What the platform sets in Azure and nowhere else (Core Tools do not set it).
_AZURE_MARK = "WEBSITE_SITE_NAME"
_WEB = ("http", "https")
_SECRET_BYTES = 32  # RFC 7518, 3.2
STORAGE = "AzureWebJobsStorage"  # where the host keeps its queues
_QUEUE = "notifications"
_SCHEDULE = "*/30 * * * * *"
_SCHEDULE_FIELDS = 6
# Queue names have up to 63 characters, and "-poison" is added to this one.
_QUEUE_NAME = re.compile(r"(?=.{3,56}$)[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class CosmosSettings:
    """Where the Cosmos DB account is; see ``CosmosAccount``."""

    endpoint: str
    key: str | None = field(repr=False)
    client_id: str | None
    database: str
    container: str


@dataclass(frozen=True)
class JwtSettings:
    """How tokens are checked: by a shared secret, or by the keys of a key set.

    Attributes:
        secret: for HS256; 32 bytes or more.
        jwks_url: where the keys for RS256 and ES256 are, when there is no secret.
        issuer: what ``iss`` must be; None, with a secret only, for anything.
        audience: what ``aud`` must name; None, with a secret only, for anything.
    """

    secret: str | None = field(repr=False)
    jwks_url: str | None
    issuer: str | None
    audience: str | None


@dataclass(frozen=True)
class NotificationBindings:
    """What the background triggers are bound to.

    Attributes:
        schedule: when the relay runs (NCRONTAB with seconds), or ``%RELAY_SCHEDULE%``.
        queue: which queue the notifications go through, or ``%NOTIFICATIONS_QUEUE%``.
    """

    schedule: str
    queue: str


@dataclass(frozen=True)
class Settings:
    """Every setting, checked; secrets are left out of ``repr``.

    Attributes:
        cosmos: the account, or None for the embedded store.
        sqlite_path: the file of the embedded store.
        cache: where single pets are cached; None where they are not.
        cors_origins: which origins' pages may use the API; ``*`` for all, empty for none.
        list_cache_seconds: how long a shared cache may keep a list; 0 for not at all.
        jwt: how tokens are checked; None when they are not.
        queue: the name of the queue that the notifications go through.
        mail: how mails are sent; None when they are only logged.
        mail_caps: how many mails there may be.
        in_azure: whether this is Azure, where nobody may write without a token.
        warm_up: whether the gap before the first request is used for imports.
    """

    cosmos: CosmosSettings | None
    sqlite_path: Path
    cache: CacheSettings | None
    cors_origins: frozenset[str]
    list_cache_seconds: int
    jwt: JwtSettings | None
    queue: str
    mail: MailSettings | None
    mail_caps: MailCaps
    in_azure: bool
    warm_up: bool


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check every setting; an empty value counts as not set, except for CORS.

    Raises:
        ConfigurationError: naming every setting that is missing or wrong.
    """
    reader = Reader(environment)
    settings = _read(reader)
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return settings


def known_settings() -> frozenset[str]:
    """Return the names of all settings."""
    reader = Reader({})
    _read(reader)
    return reader.names


def _read(reader: Reader) -> Settings:
    in_azure = bool(reader.text(_AZURE_MARK))
    _has_storage(reader)  # notes an unresolved reference
    return Settings(
        cosmos=_cosmos(reader, in_azure=in_azure),
        sqlite_path=Path(reader.text("PETSTORE_SQLITE_PATH", ".data/petstore.db")),
        cache=read_cache_settings(reader, in_azure=in_azure),
        cors_origins=_origins(reader),
        list_cache_seconds=reader.seconds("LIST_CACHE_SECONDS", 300),
        jwt=_jwt(reader),
        queue=_queue(reader),
        mail=read_mail_settings(reader),
        mail_caps=read_mail_caps(reader),
        in_azure=in_azure,
        warm_up=_warm_up(reader),
    )


def read_notification_bindings(environment: Mapping[str, str]) -> NotificationBindings | None:
    """Return what the background triggers are bound to; None where there is no storage for queues.

    Where a setting has a value the host is told to read it, between percent signs; where it has
    none the host would refuse that, so it is told our default. ``read_settings`` says what is
    wrong with them.
    """
    reader = Reader(environment)
    if not _has_storage(reader):
        return None
    return NotificationBindings(
        schedule="%RELAY_SCHEDULE%" if reader.text("RELAY_SCHEDULE") else _SCHEDULE,
        queue="%NOTIFICATIONS_QUEUE%" if reader.text("NOTIFICATIONS_QUEUE") else _QUEUE,
    )


def _has_storage(reader: Reader) -> bool:
    return any([reader.text(STORAGE), reader.text(f"{STORAGE}__accountName")])


def _cosmos(reader: Reader, *, in_azure: bool) -> CosmosSettings | None:
    settings = CosmosSettings(
        endpoint=reader.text("COSMOS_ENDPOINT"),
        key=reader.text("COSMOS_KEY") or None,
        client_id=reader.text("AZURE_CLIENT_ID") or None,
        database=reader.text("COSMOS_DATABASE", "petstore"),
        container=reader.text("COSMOS_CONTAINER", "pets"),
    )
    if not settings.endpoint:
        if in_azure:
            reader.problem("COSMOS_ENDPOINT", "is not set; in Azure there is no other store")
        return None
    if not is_url(settings.endpoint, _WEB):
        reader.problem("COSMOS_ENDPOINT", "must be a URL: https://NAME.documents.azure.com:443/")
    if settings.key and not is_base64(settings.key):
        reader.problem("COSMOS_KEY", "must be Base64 text")
    return settings


def _jwt(reader: Reader) -> JwtSettings | None:
    secret, url = reader.text("JWT_SECRET"), reader.text("JWT_JWKS_URL")
    settings = JwtSettings(
        secret=secret or None,
        jwks_url=url or None,
        issuer=reader.text("JWT_ISSUER") or None,
        audience=reader.text("JWT_AUDIENCE") or None,
    )
    if secret and url:
        reader.problem("JWT_SECRET", "and JWT_JWKS_URL are both set; only one of them can be used")
    if secret and len(secret.encode()) < _SECRET_BYTES:
        reader.problem("JWT_SECRET", f"must have {_SECRET_BYTES} bytes or more")
    if url:
        _check_key_set(reader, settings)
    return settings if secret or url else None


def _check_key_set(reader: Reader, settings: JwtSettings) -> None:
    url = settings.jwks_url or ""
    if not (is_url(url, _WEB) and (urlsplit(url).scheme == "https" or is_local(url))):
        reader.problem("JWT_JWKS_URL", "must be an https URL")
    # Issuers sign the tokens of all their customers and apps with the same keys (RFC 8725, 3.8
    # and 3.9), so a good signature alone says nothing.
    for name, value in (("JWT_ISSUER", settings.issuer), ("JWT_AUDIENCE", settings.audience)):
        if value is None:
            reader.problem(name, "must be set where JWT_JWKS_URL is")


def _warm_up(reader: Reader) -> bool:
    text = reader.text("WARM_UP", "on").lower()
    if text not in {"on", "off"}:
        reader.problem("WARM_UP", "must be on or off")
    return text != "off"


def _queue(reader: Reader) -> str:
    if len(reader.text("RELAY_SCHEDULE", _SCHEDULE).split()) != _SCHEDULE_FIELDS:
        reader.problem(
            "RELAY_SCHEDULE", "must have six fields: second minute hour day month weekday"
        )
    name = reader.text("NOTIFICATIONS_QUEUE", _QUEUE)
    if not _QUEUE_NAME.fullmatch(name):
        reader.problem("NOTIFICATIONS_QUEUE", "must be 3 to 56 of a-z, 0-9 and single hyphens")
    return name


def _origins(reader: Reader) -> frozenset[str]:
    # Core Tools drop an empty value, so "none" means the same.
    text = "" if reader.is_blank("PETSTORE_CORS_ORIGINS") else "*"
    text = reader.text("PETSTORE_CORS_ORIGINS", text)
    origins = frozenset() if text == "none" else frozenset(text.replace(",", " ").split())
    for origin in origins - {"*"}:
        if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+", origin):
            reader.problem(
                "PETSTORE_CORS_ORIGINS", "must be *, none, or origins such as https://example.com"
            )
    return origins
