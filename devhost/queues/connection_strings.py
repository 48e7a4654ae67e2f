"""Connection strings of storage accounts."""

import base64
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from devhost.queues.development import ACCOUNT, QUEUE_PORT, connection_string

_DEVELOPMENT = "usedevelopmentstorage"


@dataclass(frozen=True)
class Account:
    """How the queues of a storage account are reached.

    Attributes:
        endpoint: the URL of its queues, without a slash at the end.
        name: its name; empty where a shared access signature is used.
        key: its key; None where a shared access signature is used.
        signature: the shared access signature's parameters, decoded; empty where a key is used.
    """

    endpoint: str
    name: str
    key: bytes | None = field(repr=False)
    signature: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def parse(text: str) -> Account:
    """Read a connection string.

    Raises:
        ValueError: it is none, or it lacks something; the message holds nothing secret.
    """
    parts = _parts(text)
    if _DEVELOPMENT in parts:
        return _development(parts)
    name = parts.get("accountname", "")
    endpoint = _endpoint(parts, name)
    if "accountkey" in parts:
        if not name:
            raise ValueError("AccountName is missing")
        return Account(endpoint, name, _key(parts["accountkey"]))
    if "sharedaccesssignature" in parts:
        pairs = parse_qsl(parts["sharedaccesssignature"].removeprefix("?"))
        if not pairs:
            raise ValueError("SharedAccessSignature is not a query string")
        return Account(endpoint, "", None, tuple(pairs))
    raise ValueError("it has neither AccountKey nor SharedAccessSignature")


def _parts(text: str) -> dict[str, str]:
    """Split it; names are compared without case, and a value may hold equals signs."""
    parts: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, equals, value = part.partition("=")
        if not (equals and name.strip() and value.strip()):
            raise ValueError("it is not a list of Name=value; with semicolons between")
        parts[name.strip().lower()] = value.strip()
    if not parts:
        raise ValueError("it is empty")
    return parts


def _development(parts: dict[str, str]) -> Account:
    if parts[_DEVELOPMENT].lower() != "true":
        raise ValueError("UseDevelopmentStorage can only be true")
    account = parse(connection_string())
    proxy = parts.get("developmentstorageproxyuri")
    if proxy is None:
        return account
    endpoint = f"{_checked(proxy)}:{QUEUE_PORT}/{ACCOUNT}"
    return Account(endpoint, account.name, account.key)


def _endpoint(parts: dict[str, str], name: str) -> str:
    if "queueendpoint" in parts:
        return _checked(parts["queueendpoint"])
    if not name:
        raise ValueError("it has neither QueueEndpoint nor AccountName")
    protocol = parts.get("defaultendpointsprotocol", "https")
    suffix = parts.get("endpointsuffix", "core.windows.net")
    return _checked(f"{protocol}://{name}.queue.{suffix}")


def _checked(endpoint: str) -> str:
    try:
        url = urlsplit(endpoint)
        good = url.scheme in {"http", "https"} and url.hostname and not url.query
        good = good and url.port != 0 and not set(endpoint) & set(" \\@<>\"'")
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{endpoint!r} is not an address of queues")
    return endpoint.rstrip("/")


def _key(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("AccountKey is not Base64 text") from None
