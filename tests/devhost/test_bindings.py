"""Bindings, the settings they name, and host.json's settings for queues."""

import pytest

from devhost.loose_json import SettingsError
from devhost.queues.service import Queue
from devhost.queues.settings import QueueSettings, read
from devhost.triggers.bindings import BindingError, queue_of, resolved
from tests.devhost.fakes import queue_output


def test_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names between percent signs are replaced, wherever they stand."""
    monkeypatch.setenv("QUEUE", "work")
    assert resolved("%QUEUE%-poison") == "work-poison"
    assert resolved("*/5 * * * * *") == "*/5 * * * * *"
    assert resolved("100%") == "100%"
    monkeypatch.setenv("EMPTY", "")
    for name in ("ABSENT", "EMPTY"):
        with pytest.raises(BindingError, match=f"the setting {name} is not set"):
            resolved(f"%QUEUE%-%{name}%")


def test_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """AzureWebJobsX goes before X; no connection means AzureWebJobsStorage."""
    monkeypatch.setenv("AzureWebJobsStorage", "devhost")
    assert queue_of(queue_output("WORK", connection="")) == Queue("devhost", "work")
    assert queue_of(queue_output("work", connection="Storage")) == Queue("devhost", "work")
    monkeypatch.setenv("Storage", "UseDevelopmentStorage=true")
    assert queue_of(queue_output("work", connection="Storage")) == Queue("devhost", "work")


@pytest.mark.parametrize("place", ["ConnectionStrings:{}", "ConnectionStrings__{}"])
def test_connection_strings(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """A connection is looked for among the ConnectionStrings before the settings."""
    monkeypatch.setenv("Work", "UseDevelopmentStorage=true")
    monkeypatch.setenv(place.format("Work"), "devhost")
    assert queue_of(queue_output("work", connection="Work")) == Queue("devhost", "work")
    monkeypatch.setenv(place.format("AzureWebJobsWork"), "hunter2")
    with pytest.raises(BindingError, match="AzureWebJobsWork is not a connection string"):
        queue_of(queue_output("work", connection="Work"))


@pytest.mark.parametrize("name", ["", "ab", "a" * 64, "-ab", "ab-", "a--b", "a_b", "ä-b", "a/b"])
def test_queue_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A name that no queue can have is refused."""
    monkeypatch.setenv("AzureWebJobsStorage", "devhost")
    with pytest.raises(BindingError, match="not a name for a queue"):
        queue_of(queue_output(name))


def test_connections_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing, an unreadable and a managed-identity connection get different reasons, without secrets."""
    with pytest.raises(BindingError, match="AzureWebJobsStorage is not set"):
        queue_of(queue_output("work"))
    monkeypatch.setenv("AzureWebJobsStorage__accountName", "shop")
    with pytest.raises(BindingError, match="managed identity"):
        queue_of(queue_output("work"))
    monkeypatch.setenv("AzureWebJobsStorage", "hunter2")
    with pytest.raises(
        BindingError, match="AzureWebJobsStorage is not a connection string"
    ) as caught:
        queue_of(queue_output("work"))
    assert "hunter2" not in str(caught.value)


def test_queue_settings() -> None:
    """host.json's values are taken, the rest is as on the real host."""
    assert read({}) == QueueSettings()
    given = {
        "batchSize": 32,
        "maxDequeueCount": 1,
        "visibilityTimeout": "1.00:00:30.5",
        "maxPollingInterval": "00:00:02",
        "messageEncoding": "None",
    }
    expected = QueueSettings(32, 16, 1, 86_430.5, 2.0, is_base64=False)
    assert read(given) == expected


def test_numbers_as_text() -> None:
    """A number may be written as text, as .NET's configuration reads it."""
    assert read({"batchSize": "4", "maxDequeueCount": " 7 "}).max_dequeue_count == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batchSize", 0),
        ("batchSize", 33),
        ("batchSize", "many"),
        ("batchSize", True),
        ("newBatchThreshold", -1),
        ("maxDequeueCount", 0),
        ("visibilityTimeout", "soon"),
        ("visibilityTimeout", 30),
        ("visibilityTimeout", "8.00:00:00"),
        ("maxPollingInterval", "00:00:00"),
        ("maxPollingInterval", "00:61:00"),
        ("messageEncoding", "utf-8"),
    ],
)
def test_bad_queue_settings(name: str, value: object) -> None:
    """A value that cannot be used is refused by its name."""
    with pytest.raises(SettingsError, match=name):
        read({name: value})


def test_encoding() -> None:
    """Base64 is read with line breaks in it, and anything else is refused."""
    settings = QueueSettings()
    assert settings.decode(settings.encode("höllo")) == "höllo"
    assert settings.decode("aGV\nsbG8=\n") == "hello"
    for text in ("hello", "aGVsbG8", "/w==", "é"):
        with pytest.raises(ValueError, match="messageEncoding"):
            settings.decode(text)
    assert QueueSettings(is_base64=False).decode("hello") == "hello"
    with pytest.raises(ValueError, match="UTF-8"):
        QueueSettings(is_base64=False).encode(b"\xff")
