"""The settings of the cache."""

import pytest

from petstore.cache_settings import CacheSettings
from petstore.errors import ConfigurationError
from petstore.settings import read_settings


def _cache(url: str, **more: str) -> CacheSettings:
    found = read_settings({"REDIS_URL": url, **more}).cache
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://localhost", ("localhost", 6379, False, None, None, 0)),
        ("redis://127.0.0.1:7000/3", ("127.0.0.1", 7000, False, None, None, 3)),
        ("rediss://cache.example:10000", ("cache.example", 10000, True, None, None, 0)),
        ("rediss://:p%40ss%2Fw%3D@c.example/", ("c.example", 6379, True, None, "p@ss/w=", 0)),
        ("rediss://ada:secret@[::1]:1/15", ("::1", 1, True, "ada", "secret", 15)),
        ("rediss://0000-oid@c.example:10000", ("c.example", 10000, True, "0000-oid", None, 0)),
    ],
)
def test_urls(url: str, place: tuple[object, ...]) -> None:
    """A URL says where the server is, whether TLS is spoken, and who logs in."""
    found = _cache(url)
    assert (
        *(found.host, found.port, found.tls),
        *(found.user, found.password, found.database),
    ) == place
    assert (found.seconds, found.client_id) == (300, None)


def test_off_by_default() -> None:
    """Without a URL there is no cache, whatever else is set."""
    assert read_settings({}).cache is None
    assert read_settings({"REDIS_URL": " ", "CACHE_SECONDS": "60"}).cache is None


def test_the_rest() -> None:
    """The time to live and the identity come from settings of their own."""
    found = _cache("rediss://oid@c.example", CACHE_SECONDS="1", AZURE_CLIENT_ID="abc")
    assert (found.seconds, found.client_id) == (1, "abc")


_BAD = [
    *("x", "localhost:6379", "http://localhost", "redis://", "rediss://:6379", "unix:///tmp/s"),
    *("c.redis.azure.net:10000,password=x=,ssl=True", "redis://h:0", "redis://h:99999", "redis://["),
    *("redis://h/x", "redis://h/0/1", "redis://h/-1", "rediss://h?ssl_cert_reqs=none", "redis://h#x"),
    *("rediss://:pass/word@h", "redis://user@h", "redis://h/0%0a", "rediss://a%0d:b@h"),
]  # fmt: skip


@pytest.mark.parametrize("url", _BAD)
def test_bad_urls(url: str) -> None:
    """What is not such a URL is refused by the setting's name, and is not repeated."""
    with pytest.raises(ConfigurationError, match=r"^REDIS_URL ") as caught:
        read_settings({"REDIS_URL": url})
    (problem,) = caught.value.problems
    assert "word" not in problem.replace("PASSWORD", "").replace("password", "")


@pytest.mark.parametrize("seconds", ["0", "-1", "86401", "1.5", "x", "1e3", "999999999"])
@pytest.mark.parametrize("url", ["", "redis://localhost"])
def test_bad_seconds(url: str, seconds: str) -> None:
    """A time to live that makes no sense is refused, also where the cache is off."""
    with pytest.raises(ConfigurationError, match=r"^CACHE_SECONDS must be "):
        read_settings({"REDIS_URL": url, "CACHE_SECONDS": seconds})


def test_no_plain_text_in_azure() -> None:
    """In Azure the connection is encrypted; a proxy on the same machine may do it."""
    azure = {"WEBSITE_SITE_NAME": "x", "COSMOS_ENDPOINT": "https://x.example"}
    with pytest.raises(ConfigurationError, match="REDIS_URL must begin with rediss://"):
        read_settings({**azure, "REDIS_URL": "redis://c.example"})
    assert read_settings({**azure, "REDIS_URL": "redis://localhost"}).cache is not None
    assert read_settings({**azure, "REDIS_URL": "rediss://c.example"}).cache is not None


def test_no_secret_is_shown() -> None:
    """What is printed or logged shows neither user nor password."""
    settings = read_settings({"REDIS_URL": "rediss://somebody:topsecret@c.example"})
    for text in (repr(settings), f"{settings.cache}"):
        assert "c.example" in text
        assert "topsecret" not in text
        assert "somebody" not in text
