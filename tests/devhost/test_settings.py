"""local.settings.json and host.json."""

import os
from pathlib import Path

import pytest

from devhost.app_settings import SettingsError, apply, host_json, read_values, route_prefix
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
        ("[]", "object"),
        ("{", "not JSON"),
        ("\xff", "not JSON"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, reason: str) -> None:
    """A file that Core Tools would stumble over is refused with the reason."""
    with pytest.raises(SettingsError, match=reason):
        read_values(_write(tmp_path, text))


def test_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the environment wins over the file, unless it is empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"A": "old", "B": ""})
    assert apply({"A": "new", "B": "new", "C": "new"}, tmp_path, "127.0.0.1:1") == ["A"]
    assert {"A": "old", "B": "new", "C": "new", "TZ": "UTC"}.items() <= os.environ.items()
    assert os.environ["WEBSITE_HOSTNAME"] == "127.0.0.1:1"


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("{}", "api"),
        ('{"extensions": {"http": {"routePrefix": ""}}}', ""),
        ('{"extensions": {"http": {"routePrefix": "v1"}}}', "v1"),
    ],
)
def test_route_prefix(tmp_path: Path, text: str, prefix: str) -> None:
    """The prefix is host.json's, ``api`` by default."""
    (tmp_path / "host.json").write_text(text)
    assert route_prefix(tmp_path) == prefix


def test_host_json_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable takes the place of what host.json says, as on the real host."""
    (tmp_path / "host.json").write_text('{"extensions": {"queues": {"batchSize": 1}}}')
    start = "AzureFunctionsJobHost__extensions__queues"
    monkeypatch.setenv(f"{start}__batchSize", "4")
    monkeypatch.setenv(f"{start}__visibilityTimeout", "00:00:07")
    settings = queue_settings.read(host_json(tmp_path))
    assert (settings.batch_size, settings.visibility_timeout) == (4, 7.0)
