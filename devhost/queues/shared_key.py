"""Shared Key, by which a storage account knows who asks (its REST documentation has the rules)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from devhost.queues.connection_strings import Account

# In the order of the string to sign; what a request lacks is an empty line.
_SIGNED = (
    *("Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type"),
    *("Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"),
)


def authorization(
    account: Account, method: str, url: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> str:
    """Return the Authorization header of a request.

    Args:
        account: an account with a key.
        method: in upper case.
        url: the request's URL without its query.
        query: the query's values, decoded.
        headers: those that are sent, Content-Length included where there is a body.
    """
    signed = string_to_sign(account.name, method, url, query, headers)
    digest = hmac.new(account.key or b"", signed.encode(), hashlib.sha256).digest()
    return f"SharedKey {account.name}:{base64.b64encode(digest).decode()}"


def string_to_sign(
    name: str, method: str, url: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> str:
    """Return the text of a request that is signed; ``name`` is the account's."""
    sent = {name.lower(): value.strip() for name, value in headers.items()}
    own = sorted(f"{header}:{value}" for header, value in sent.items() if header[:5] == "x-ms-")
    lines = [
        method,
        *(sent.get(header.lower(), "") for header in _SIGNED),
        *own,
        f"/{name}{urlsplit(url).path or '/'}",
        *sorted(f"{parameter.lower()}:{value}" for parameter, value in query.items()),
    ]
    return "\n".join(lines)
