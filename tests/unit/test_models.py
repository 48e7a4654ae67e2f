"""The rules for a pet's members."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petstore.errors import InvalidPet
from petstore.ids import new_id
from petstore.models import PetInput, PetView, parse_pet
from petstore.pet import PUBLIC, SETTABLE, Pet, search_key
from petstore.repository.documents import PET
from petstore.timestamps import timestamp

_LEAST = {"name": "Ada", "species": "cat"}


def _pointers(body: object) -> list[str]:
    with pytest.raises(InvalidPet) as caught:
        parse_pet(body)
    return [violation.pointer for violation in caught.value.violations]


def test_the_least_pet() -> None:
    """Name and species are enough; the rest has its defaults."""
    pet = parse_pet(_LEAST)
    assert (pet.status, pet.tags, pet.photo_urls, pet.breed) == ("available", [], [], None)


@pytest.mark.parametrize(
    "member",
    [
        {"name": "x" * 100},
        {"name": "Zoë 🐈 Ünal"},
        {"name": " two  spaces "},
        {"species": "x" * 50},
        {"breed": None},
        {"description": "lines\r\nand\ttabs " + "x" * 1980},
        {"description": ""},
        {"birth_date": "2024-02-29"},
        {"tags": ["x" * 40] * 20},
        {"photo_urls": ["http://localhost:8080", "https://a.example/a?b=c#d"] * 5},
        {"status": "sold"},
        {"owner_email": "ada.o'hara+pets@sub.example.com"},
    ],
    ids=str,
)
def test_what_is_taken(member: dict[str, Any]) -> None:
    """Values at the edge of their rules are taken as they are."""
    assert parse_pet(_LEAST | member).model_dump().items() >= member.items()


@pytest.mark.parametrize(
    ("member", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": " \u00a0\u2003"}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "a\n"}, "/name"),
        ({"name": "\u0000a"}, "/name"),
        ({"name": "\ud800"}, "/name"),
        ({"name": 1}, "/name"),
        ({"name": None}, "/name"),
        ({"name": ["Ada"]}, "/name"),
        ({"species": "x" * 51}, "/species"),
        ({"breed": " "}, "/breed"),
        ({"description": "x" * 2001}, "/description"),
        ({"description": "\u0007"}, "/description"),
        ({"birth_date": "2023-02-29"}, "/birth_date"),
        ({"birth_date": "20240229"}, "/birth_date"),
        ({"birth_date": "2024-02-29T00:00:00Z"}, "/birth_date"),
        ({"birth_date": "٢٠٢٤-٠٢-٢٩"}, "/birth_date"),
        ({"birth_date": 0}, "/birth_date"),
        ({"tags": ["x"] * 21}, "/tags"),
        ({"tags": ["a", ""]}, "/tags/1"),
        ({"tags": ["x" * 41]}, "/tags/0"),
        ({"tags": "abc"}, "/tags"),
        ({"tags": None}, "/tags"),
        ({"photo_urls": ["https://example.com"] * 11}, "/photo_urls"),
        ({"photo_urls": ["javascript:alert(1)"]}, "/photo_urls/0"),
        ({"photo_urls": ["https://"]}, "/photo_urls/0"),
        ({"photo_urls": ["https://a b"]}, "/photo_urls/0"),
        ({"photo_urls": ["https://[::1]/"]}, "/photo_urls/0"),
        ({"photo_urls": ["https://user:secret@example.com"]}, "/photo_urls/0"),
        ({"photo_urls": ["https://example.com/\r\nX: y"]}, "/photo_urls/0"),
        ({"photo_urls": ["https://example.com/" + "x" * 2048]}, "/photo_urls/0"),
        ({"status": "lost"}, "/status"),
        ({"status": "Sold"}, "/status"),
        ({"status": True}, "/status"),
        ({"owner_email": "ada"}, "/owner_email"),
        ({"owner_email": "ada@localhost"}, "/owner_email"),
        ({"owner_email": "a@b.c\r\nBcc: x@y.z"}, "/owner_email"),
        ({"owner_email": "a" * 64 + "@" + "b" * 63 + ("." + "c" * 63) * 3}, "/owner_email"),
        ({"id": "1"}, "/id"),
        ({"created_at": "2024-02-29T00:00:00Z"}, "/created_at"),
        ({"updated_at": "2024-02-29T00:00:00Z"}, "/updated_at"),
        ({"__proto__": {}}, "/__proto__"),
        ({"a/b~c": 1}, "/a~1b~0c"),
    ],
    ids=ascii,
)
def test_what_is_refused(member: dict[str, Any], pointer: str) -> None:
    """A value that breaks its rule is refused, and the pointer names it."""
    assert _pointers(_LEAST | member) == [pointer]


@pytest.mark.parametrize("body", [None, [], "pet", 1, True, [_LEAST]], ids=str)
def test_a_body_that_is_no_object(body: object) -> None:
    """Only an object is a pet."""
    assert _pointers(body) == [""]


def test_every_offender_is_named() -> None:
    """All broken rules are told at once."""
    body = {"species": "", "tags": ["", "ok", 3], "status": 1, "x": 2}
    assert set(_pointers(body)) == {"/name", "/species", "/tags/0", "/tags/2", "/status", "/x"}


def test_the_view_keeps_the_address_back() -> None:
    """The owner's address is in no public form of a pet."""
    pet = Pet(
        id="1", name="A", species="b", created_at="", updated_at="", owner_email="a@b.example"
    )
    assert b"owner_email" not in pet.view()
    assert b"a@b.example" not in pet.view()


def test_what_is_kept_and_what_is_shown() -> None:
    """The kept pet has the members of the input and of the view, and no others."""
    shown = list(PetView.model_fields)
    kept = {field.name for field in fields(Pet)}
    assert list(PUBLIC) == shown
    assert set(SETTABLE) == set(PetInput.model_fields)
    hidden = {"owner_id", "order", "writes", "more"}
    assert kept == {*shown, "owner_email", *hidden}
    assert set(PetInput.model_fields) | set(shown) == kept - hidden


def test_old_pets_stay_readable() -> None:
    """A pet that breaks a rule of today is read as it was written."""
    old = {"name": "", "species": "s", "photo_urls": ["x"], "created_at": "", "updated_at": ""}
    pet = PET.read({"id": new_id(), **old})
    assert (pet.name, pet.photo_urls) == ("", ["x"])


def test_timestamps_are_utc() -> None:
    """Times are RFC 3339 in UTC with Z and three digits, so that they sort as text."""
    tokyo = timezone(timedelta(hours=9))
    assert timestamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05.000Z"
    assert timestamp(datetime(2026, 1, 2, 3, tzinfo=tokyo)) == "2026-01-01T18:00:00.000Z"


@pytest.mark.parametrize(
    ("one", "other"), [("STRASSE", "straße"), ("ZOË", "zoe\u0308"), ("ΣΑΣ", "σας")]
)
def test_search_keys_fold(one: str, other: str) -> None:
    """Case and Unicode form make no difference in a search."""
    assert search_key(one) == search_key(other)


@given(st.text())
def test_search_keys_are_stable(text: str) -> None:
    """Folding a folded text changes nothing: what is stored meets what is asked."""
    assert search_key(search_key(text)) == search_key(text)


_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u2060\u2064\u206a\u2800\u3000"
    "\u3164\ufe0f\ufeff\uffa0\ufffb\U0001d159\U0001d173\U000e0001\U000e0041\U000e0100"
)
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("character", _INVISIBLE, ids=ascii)
@pytest.mark.parametrize("name", ["name", "species", "breed", "tags"])
def test_names_that_show_nothing(name: str, character: str) -> None:
    """Text of which nothing can be seen counts as blank; with something to see it is taken."""
    for text, good in [
        (character, False),
        (f" {character}{character} ", False),
        (f"a{character}b", True),
    ]:
        body = _LEAST | {name: [text] if name == "tags" else text}
        if good:
            parse_pet(body)
        else:
            assert _pointers(body) == [f"/{name}/0" if name == "tags" else f"/{name}"]


@pytest.mark.parametrize("character", _BIDI + "\u2028\u2029\u0085\x0b\x1c\x7f\n\r\t", ids=ascii)
def test_what_breaks_a_line(character: str) -> None:
    """One line holds no control, no separator of lines, and nothing that turns its direction."""
    for text in (f"a{character}b", f"a{character}", f"{character}a"):
        assert _pointers(_LEAST | {"name": text}) == ["/name"]


@pytest.mark.parametrize(
    "name",
    [
        "👩‍👩‍👧",
        "🏴\U000e0067\U000e0062\U000e007f",
        "عَدْنان",
        "می‌خواهم",
        "한글",
        "क्‍ष",
        "⠁",
        "🐈️",
        "\ue000",
    ],
)
def test_names_of_all_scripts(name: str) -> None:
    """Joiners, marks, variation selectors and tags stay where something is to be seen."""
    assert parse_pet(_LEAST | {"name": name}).name == name


@pytest.mark.parametrize(
    "url",
    [
        "HTTPS://ex.com/",
        "Http://EX.com:80/a",
        "http://ex.com:65535/",
        "http://ex.com:/",
        "http://ex.com./a",
        "http://localhost",
        "https://xn--bcher-kva.example/?a[]=1#x",
        "http://192.168.0.255:8080/",
        f"http://{'a' * 63}.example/",
        "http://1.2.3.example",
    ],
)
def test_urls(url: str) -> None:
    """A URL of a photo is http or https in any case, with a host and a port that can exist."""
    assert parse_pet(_LEAST | {"photo_urls": [url]}).photo_urls == [url]


@pytest.mark.parametrize(
    "url",
    [
        "http://ex.com:99999/",
        "http://ex.com:65536/",
        "http://ex.com:0/",
        "http://ex.com:080/",
        "http://ex.com:8a/",
        "https://./",
        "https://../",
        "https://.ex.com/",
        "https://ex..com/",
        "https://-/",
        "https://-ex.com/",
        "https://ex-.com/",
        "http://256.1.1.1/",
        "http://1.2.3/",
        "http://1/",
        "http://0x7f.1/",
        f"http://{'a' * 64}.example/",
        "http:///a",
        "http:/ex.com",
        "http://ex.com\\a",
        "https://ex.com/\n",
        "https://ex.com/ü",
        "ftp://ex.com/",
        "//ex.com/",
    ],
)
def test_what_is_not_a_url(url: str) -> None:
    """A host or port that cannot exist, another scheme or a break is refused."""
    assert _pointers(_LEAST | {"photo_urls": [url]}) == ["/photo_urls/0"]
