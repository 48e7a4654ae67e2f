"""Pet ids."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from petstore import ids


def test_ids_are_version_7() -> None:
    """An id is a UUID of version 7 and of the RFC's variant, in lower case."""
    made = ids.new_id()
    assert UUID(made).version == 7
    assert str(UUID(made)) == made
    assert ids.is_id(made)


def test_ids_rise() -> None:
    """Ids rise strictly, far faster than the clock ticks."""
    made = [ids.new_id() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_rise_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set back does not bring the order down."""
    before = ids.new_id()
    monkeypatch.setattr("time.time_ns", lambda: 0)
    assert ids.new_id() > before


def test_the_moment_of_an_id() -> None:
    """An id tells when it was made."""
    assert abs(ids.moment_of(ids.new_id()) - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "01A21067-E329-7000-8178-705BD5872B9B",
        "01a21067-e329-4000-8178-705bd5872b9b",
        "01a21067-e329-7000-7178-705bd5872b9b",
        "01a21067-e329-7000-8178-705bd5872b9b\n",
        "01a21067e32970008178705bd5872b9b",
        "\u06601a21067-e329-7000-8178-705bd5872b9b",
        "../../etc/passwd",
    ],
)
def test_what_is_no_id(text: str) -> None:
    """Texts that we never make are told at once."""
    assert not ids.is_id(text)
