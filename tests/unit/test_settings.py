"""The settings."""

import json
import re
from pathlib import Path

import pytest

from petstore.errors import ConfigurationError
from petstore.settings import read_settings

_ROOT = Path(__file__).parents[2]
# Settings that the platform, its tools or its identity library read, not petstore/settings.py.
_PLATFORM = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}


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
    """An endpoint that is no URL is refused."""
    with pytest.raises(ConfigurationError, match="COSMOS_ENDPOINT"):
        read_settings({"COSMOS_ENDPOINT": url})


def test_the_example_holds_every_setting() -> None:
    """The example file and the code know the same settings, and its values are strings."""
    source = (_ROOT / "petstore/settings.py").read_text()
    read = set(re.findall(r'reader\.(?:text|seconds)\("([A-Z_]+)"', source))
    values = json.loads((_ROOT / "local.settings.json.example").read_text())["Values"]
    assert read == set(values) - _PLATFORM
    assert read
    assert all(isinstance(value, str) for value in values.values())


def test_the_example_is_fit_for_core_tools() -> None:
    """The example says it is not encrypted, leaves CORS to the app and storage empty."""
    example = json.loads((_ROOT / "local.settings.json.example").read_text())
    assert example["IsEncrypted"] is False
    assert "Host" not in example
    assert example["Values"]["AzureWebJobsStorage"] == ""
    assert read_settings(example["Values"]) == read_settings({})


def test_only_settings_reads_the_environment() -> None:
    """No other module of the app looks into the environment on its own."""
    readers = {
        path.relative_to(_ROOT).as_posix()
        for path in [_ROOT / "function_app.py", *(_ROOT / "petstore").rglob("*.py")]
        if re.search(r"os\.environ|getenv", path.read_text())
    }
    assert readers == {"petstore/wiring.py"}
