"""local.settings.json and host.json."""

import os
from pathlib import Path

import pytest

from devhost import host_json
from devhost.app_settings import apply, find_dead_switches, read_local, read_values
from devhost.loose_json import SettingsError
from devhost.queues import settings as queue_settings


def _write(folder: Path, text: str) -> Path:
    (folder / "local.settings.json").write_text(text)
    return folder


def test_values(tmp_path: Path) -> None:
    """Values arrive as Core Tools would hand them over; empty ones and nulls do not."""
    _write(
        tmp_path,
        """\ufeff{
          // a comment
          "IsEncrypted": false, /* another */
          "Values": {"A": "x // y", "B": true, "C": 1.50, "D": "", "E": null, "F": "${A}", },
        }""",
    )
    assert read_values(tmp_path) == {"A": "x // y", "B": "True", "C": "1.5", "F": "${A}"}


def test_no_file(tmp_path: Path) -> None:
    """Without the file there are no values."""
    assert read_values(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "IsEncrypted"),
        ('{"IsEncrypted": true}', "IsEncrypted"),
        ('{"IsEncrypted": "false"}', "IsEncrypted"),
        ('{"IsEncrypted": false, "Values": {"A": {"b": 1}}}', "A must be a string"),
        ('{"IsEncrypted": false, "Values": {"A": [1]}}', "A must be a string"),
        ('{"IsEncrypted": false, "Values": []}', "Values"),
        ('{"IsEncrypted": false, "Values": {"A=B": "x"}}', "cannot be a variable"),
        ('{"IsEncrypted": false, "Values": {"A": "x\\u0000"}}', "cannot be a variable"),
        ('{"IsEncrypted": false, "Values": {"": "x"}}', "cannot be a variable"),
        ('{"IsEncrypted": false, "Values": {"A": "\\ud800"}}', "surrogate"),
        ('{"IsEncrypted": false, "Host": {"LocalHttpPort": "x"}}', "LocalHttpPort"),
        ('{"IsEncrypted": false, "ConnectionStrings": ["x"]}', "ConnectionStrings"),
        ('{"IsEncrypted": false, "Host": {"CORS": ["*"]}}', "CORS must be a string"),
        ('{"IsEncrypted": false, "Host": {"CORS": "*", "CORSCredentials": "x"}}', "a boolean"),
        (
            '{"IsEncrypted": false, "Host": {"CORS": "*", "CORSCredentials": true}}',
            "name the origins",
        ),
        ('{"IsEncrypted": false, "ConnectionStrings": {"a": ["x"]}}', "a must be a string"),
        ("[" * 60_000, "nested too deeply"),
        ("[]", "object"),
        ("{", "not JSON"),
        ("\xff", "not JSON"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, reason: str) -> None:
    """A file that Core Tools cannot read is refused with the reason."""
    with pytest.raises(SettingsError, match=reason):
        read_values(_write(tmp_path, text))


def test_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the environment wins over the file, unless it is empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"A": "old", "B": ""})
    assert apply({"A": "new", "B": "new", "C": "new"}, tmp_path, "127.0.0.1:1") == ["A"]
    assert {"A": "old", "B": "new", "C": "new", "TZ": "UTC"}.items() <= os.environ.items()
    assert os.environ["WEBSITE_HOSTNAME"] == "127.0.0.1:1"


def test_host_json_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable takes the place of what host.json says, as on the real host."""
    (tmp_path / "host.json").write_text('{"extensions": {"queues": {"batchSize": 1}}}')
    start = "AzureFunctionsJobHost__extensions__queues"
    monkeypatch.setenv(f"{start}__batchSize", "4")
    monkeypatch.setenv(f"{start}__visibilityTimeout", "00:00:07")
    settings = queue_settings.read(host_json.read(tmp_path).section("extensions", "queues"))
    assert (settings.batch_size, settings.visibility_timeout) == (4, 7.0)


def test_what_else_the_file_says(tmp_path: Path) -> None:
    """Port and origins are read, and names count in any case."""
    _write(
        tmp_path,
        """{'isEncrypted': false, "values": {"A": "it's"},
        "host": {"localHttpPort": 7099, "cors": "http://A:1,http://b", "CorsCredentials": "true"}}""",
    )
    found = read_local(tmp_path)
    assert (found.values, found.port) == ({"A": "it's"}, 7099)
    assert (found.cors_origins, found.cors_credentials) == (("http://a:1", "http://b"), True)


def test_connection_strings(tmp_path: Path) -> None:
    """They arrive under the names that Core Tools gives them, written in either way."""
    _write(
        tmp_path,
        """{"IsEncrypted": false, "ConnectionStrings": {
        "a": "b", "c": {"connectionString": "d", "ProviderName": "e"}, "f": "", "g": null}}""",
    )
    assert read_values(tmp_path) == {"ConnectionStrings:a": "b", "ConnectionStrings:c": "d"}


def test_switches_with_two_underscores(monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like a switch and is none is found, in any case; the real switches are not."""
    dead = ["AzureWebJobs__hello__Disabled", "azurewebjobs__a_b__disabled"]
    live = ["AzureWebJobs_hello_Disabled", "AzureWebJobs.hello.Disabled", "AzureWebJobsStorage__x"]
    monkeypatch.setattr(os, "environ", dict.fromkeys([*live, *dead], "1"))
    assert find_dead_switches() == dead


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"version": "2.0", "logging": {"logLevel": {"default": "Loud"}}}', "logLevel"),
        ('{"version": "2.0", "extensions": {"http": {"maxConcurrentRequests": 1.5}}}', "whole"),
        ('{"version": null}', "version"),
        ("null", "JSON object"),
        ('{"version": "2.0"', "not JSON"),
    ],
)
def test_host_json_with_which_the_real_host_does_not_start(
    tmp_path: Path, text: str, reason: str
) -> None:
    """A file that stops the real host is refused with the reason."""
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(SettingsError, match=f"does not start: .*{reason}"):
        host_json.read(tmp_path)


@pytest.mark.parametrize("value", ["{}", "[]", '["v1"]', '{"a": "v1"}'])
def test_a_prefix_that_is_no_value(tmp_path: Path, value: str) -> None:
    """An object or a list is not a value to the real host, so the prefix stays ``api``."""
    (tmp_path / "host.json").write_text(f'{{"extensions": {{"http": {{"routePrefix": {value}}}}}}}')
    assert host_json.read(tmp_path).route_prefix == "api"


def test_host_json_names_what_is_not_done(tmp_path: Path) -> None:
    """What the file asks for and this host does not do is named."""
    (tmp_path / "host.json").write_text(
        '{"extensions": {"http": {"hsts": {"isEnabled": true}}}, "Singleton": {}}'
    )
    assert host_json.read(tmp_path).not_done == ("extensions.http.hsts", "singleton")
