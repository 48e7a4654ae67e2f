"""Connection strings, and the signature made with their keys."""

import base64

import pytest

from devhost.queues.connection_strings import Account, parse
from devhost.queues.development import ACCOUNT, ACCOUNT_KEY
from devhost.queues.shared_key import authorization

_KEY = b"k" * 32
_CODED = base64.b64encode(_KEY).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={_CODED};EndpointSuffix=core.windows.net",
            Account("https://shop.queue.core.windows.net", "shop", _KEY),
        ),
        (
            f" accountname = shop ; ACCOUNTKEY = {_CODED} ;; endpointsuffix=core.chinacloudapi.cn;",
            Account("https://shop.queue.core.chinacloudapi.cn", "shop", _KEY),
        ),
        (
            f"AccountName=shop;AccountKey={_CODED};QueueEndpoint=http://127.0.0.1:4711/shop/",
            Account("http://127.0.0.1:4711/shop", "shop", _KEY),
        ),
        (
            "UseDevelopmentStorage=true",
            Account(f"http://127.0.0.1:10001/{ACCOUNT}", ACCOUNT, base64.b64decode(ACCOUNT_KEY)),
        ),
        (
            "UseDevelopmentStorage=True;DevelopmentStorageProxyUri=http://azurite",
            Account(f"http://azurite:10001/{ACCOUNT}", ACCOUNT, base64.b64decode(ACCOUNT_KEY)),
        ),
        (
            "QueueEndpoint=https://shop.queue.core.windows.net;SharedAccessSignature=?sv=1&sig=a%2Bb%3D",
            Account(
                "https://shop.queue.core.windows.net", "", None, (("sv", "1"), ("sig", "a+b="))
            ),
        ),
    ],
)
def test_parse(text: str, expected: Account) -> None:
    """Every form of a connection string is read."""
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" ; ;", "empty"),
        ("true", "Name=value"),
        ("AccountName", "Name=value"),
        ("AccountName=;AccountKey=x", "Name=value"),
        ("UseDevelopmentStorage=false", "only be true"),
        ("AccountName=shop", "AccountKey"),
        (f"AccountKey={_CODED}", "AccountName"),
        (f"AccountKey={_CODED};QueueEndpoint=http://x", "AccountName"),
        ("AccountName=shop;AccountKey=geheim!", "Base64"),
        ("AccountName=shop;AccountKey=schlüssel", "Base64"),
        ("AccountName=shop;SharedAccessSignature=x", "query string"),
        (f"AccountName=a b;AccountKey={_CODED}", "not an address"),
        (f"AccountName=shop;AccountKey={_CODED};QueueEndpoint=ftp://x", "not an address"),
        (f"AccountName=shop;AccountKey={_CODED};QueueEndpoint=http://", "not an address"),
        (f"AccountName=shop;AccountKey={_CODED};QueueEndpoint=http://x:99999", "not an address"),
        (f"AccountName=shop;AccountKey={_CODED};QueueEndpoint=http://[x", "not an address"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """What is none is refused with the reason, and without the key."""
    with pytest.raises(ValueError, match=reason) as caught:
        parse(text)
    assert "geheim" not in str(caught.value)


def test_no_secret_is_shown() -> None:
    """An account can be logged."""
    assert _CODED not in repr(parse(f"AccountName=shop;AccountKey={_CODED}"))
    assert "kkk" not in repr(parse(f"AccountName=shop;AccountKey={_CODED}"))


@pytest.mark.parametrize(
    ("method", "url", "query", "headers", "expected"),
    [
        (
            "PUT",
            "https://account1.queue.core.windows.net/work/messages/id-1",
            {"visibilitytimeout": "600", "popreceipt": "AgAAAA+BB/c="},
            {},
            "SharedKey account1:IlDFKdS8nYzlXwxvznsxxR1z1J8ZZ/O94DacZvFZBa0=",
        ),
        (
            "POST",
            "http://127.0.0.1:10001/account1/work/messages",
            {},
            {"Content-Type": "application/xml", "Content-Length": "42"},
            "SharedKey account1:WWOIt8mhJfd04MjDwwjq25tUBVR4I3xx4btma1ELv4A=",
        ),
    ],
)
def test_authorization(
    method: str, url: str, query: dict[str, str], headers: dict[str, str], expected: str
) -> None:
    """The signature is the one that azure-storage-queue 12 makes."""
    own = {"x-ms-version": "2021-12-02", "x-ms-date": "Wed, 25 Nov 2026 08:00:00 GMT"}
    account = Account("", "account1", _KEY)
    assert authorization(account, method, url, query, headers | own) == expected
