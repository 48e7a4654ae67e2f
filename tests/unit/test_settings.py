"""The settings."""

import json
import re
from pathlib import Path
from pprint import pformat

import pytest

from petstore.errors import ConfigurationError
from petstore.identity import Identity
from petstore.settings import NotificationBindings, read_notification_bindings, read_settings
from tests.tree import ROOT

# Settings that the platform, its tools or its identity library read, not petstore/settings.py.


def test_defaults() -> None:
    """With nothing set the embedded store is used."""
    settings = read_settings({})
    assert settings.cosmos is None
    assert settings.sqlite_path == Path(".data/petstore.db")


def test_cosmos() -> None:
    """An endpoint alone means Cosmos DB with an identity."""
    settings = read_settings({"COSMOS_ENDPOINT": "https://a.documents.azure.com:443/"})
    assert settings.cosmos is not None
    assert vars(settings.cosmos) == {
        "endpoint": "https://a.documents.azure.com:443/",
        "key": None,
        "client_id": None,
        "database": "petstore",
        "container": "pets",
    }


def test_empty_is_not_set() -> None:
    """An empty or blank value is the same as none, as in local.settings.json."""
    assert read_settings({"COSMOS_ENDPOINT": " ", "PETSTORE_SQLITE_PATH": ""}) == read_settings({})


def test_azure_needs_cosmos() -> None:
    """In Azure a missing endpoint is an error, never a file on the instance's disk."""
    with pytest.raises(ConfigurationError, match="COSMOS_ENDPOINT"):
        read_settings({"WEBSITE_SITE_NAME": "petstore"})


def test_all_problems_at_once() -> None:
    """Every problem is named at once, and no value is repeated."""
    with pytest.raises(ConfigurationError) as caught:
        read_settings({"COSMOS_ENDPOINT": "ftp://secret-host", "COSMOS_KEY": "not base64!"})
    assert len(caught.value.problems) == 2
    assert "secret-host" not in str(caught.value)


@pytest.mark.parametrize("url", ["x", "https://", "https://[", "https://a:99999", "//a"])
def test_bad_endpoints(url: str) -> None:
    """An endpoint that is not a URL is refused."""
    with pytest.raises(ConfigurationError, match="COSMOS_ENDPOINT"):
        read_settings({"COSMOS_ENDPOINT": url})


_REFERENCES = [
    "@Microsoft.KeyVault(VaultName=kv-x;SecretName=jwt-secret)",
    "@Microsoft.KeyVault(SecretUri=https://kv-x.vault.azure.net/secrets/jwt-secret/)",
    "@microsoft.keyvault(vaultname=kv-x;secretname=jwt-secret)",
    "  @MICROSOFT.KEYVAULT (VaultName=kv-x; SecretName=jwt-secret)  ",
    "@ Microsoft . KeyVault(VaultName=kv-x)",
    '"@Microsoft.KeyVault(VaultName=kv-x;SecretName=jwt-secret)"',
    "@Microsoft.KeyVault(VaultName=kv-x;SecretName=jwt-secret",
    "smtps://user:%40Microsoft.KeyVault(SecretUri=x)@mail.example",
    "@Microsoft.AppConfiguration(Endpoint=https://x.azconfig.io; Key=jwt)",
]
_ALL = {
    "COSMOS_ENDPOINT": "https://a.documents.azure.com:443/",
    "COSMOS_KEY": "a2V5",
    "JWT_SECRET": "s" * 32,
    "SMTP_URL": "smtps://someone:password@mail.example",
    "MAIL_FROM": "pets@mail.example",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "AzureWebJobsStorage__accountName": "account",
    "WEBSITE_SITE_NAME": "petstore",
}


def _names() -> list[str]:
    values = json.loads((ROOT / "local.settings.json.example").read_text())["Values"]
    return sorted({*values, *_ALL} - {"FUNCTIONS_WORKER_RUNTIME"})


@pytest.mark.parametrize("reference", _REFERENCES)
@pytest.mark.parametrize("surroundings", [{}, _ALL], ids=["alone", "with others"])
def test_no_unresolved_reference_is_used(surroundings: dict[str, str], reference: str) -> None:
    """A setting that Azure could not resolve is refused by name, whichever and however spelt."""
    for name in _names():
        with pytest.raises(ConfigurationError) as caught:
            read_settings({**surroundings, name: reference})
        (problem,) = [text for text in caught.value.problems if text.startswith(f"{name} ")]
        assert "reference that Azure did not resolve" in problem
        assert "kv-x" not in str(caught.value)


def test_the_background_uses_no_unresolved_reference() -> None:
    """Nothing is bound to a storage account, queue or schedule that Azure could not resolve."""
    assert read_notification_bindings({"AzureWebJobsStorage": _REFERENCES[0]}) is None
    assert read_notification_bindings({"AzureWebJobsStorage__accountName": _REFERENCES[0]}) is None
    bound = read_notification_bindings(
        {
            "AzureWebJobsStorage": "UseDevelopmentStorage=true",
            "RELAY_SCHEDULE": _REFERENCES[0],
            "NOTIFICATIONS_QUEUE": _REFERENCES[0],
        }
    )
    assert bound == NotificationBindings(schedule="*/30 * * * * *", queue="notifications")


@pytest.mark.parametrize("text", ["pets@microsoft.example", "@microsoft", "KeyVault", "a@b"])
def test_what_is_not_a_reference(text: str) -> None:
    """What only resembles a reference is a value like any other."""
    settings = read_settings({"COSMOS_ENDPOINT": _ALL["COSMOS_ENDPOINT"], "COSMOS_DATABASE": text})
    assert settings.cosmos is not None
    assert settings.cosmos.database == text


@pytest.mark.parametrize("name", ["JWT_SECRET", "COSMOS_KEY", "SMTP_URL", "PETSTORE_CORS_ORIGINS"])
def test_what_is_not_utf_8(name: str) -> None:
    """Bytes in the environment that are not UTF-8 are refused by the setting's name."""
    with pytest.raises(ConfigurationError, match=f"{name} is not UTF-8"):
        read_settings({**_ALL, name: "x" * 40 + "\udcff"})


def test_no_secret_is_shown() -> None:
    """Settings that are printed, formatted or logged show neither key, secret nor password."""
    settings = read_settings(_ALL)
    for text in (repr(settings), f"{settings}", pformat(settings)):
        for secret in ("a2V5", "ssss", "someone", "password@"):
            assert secret not in text
    assert settings.jwt is not None
    assert repr(settings.jwt.secret) not in repr(Identity(settings.jwt).__dict__)


def test_the_example_is_fit_for_core_tools() -> None:
    """The example is not encrypted, holds strings, leaves CORS to the app and storage empty."""
    example = json.loads((ROOT / "local.settings.json.example").read_text())
    assert example["IsEncrypted"] is False
    assert "Host" not in example
    assert example["Values"]["AzureWebJobsStorage"] == ""
    assert all(isinstance(value, str) for value in example["Values"].values())
    assert read_settings(example["Values"]) == read_settings({})


def test_one_place_takes_the_environment() -> None:
    """Only the app object takes the environment; everything else is told."""
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in [ROOT / "function_app.py", *(ROOT / "petstore").rglob("*.py")]
        if re.search(r"os\.environ|getenv", path.read_text())
    }
    assert readers == {"function_app.py"}
