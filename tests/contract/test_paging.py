"""What every store promises about lists: order, paging and filters."""

from collections.abc import AsyncIterator
from dataclasses import replace
from dataclasses import replace as with_changes
from typing import Any

import pytest

from petstore.pet import Pet, search_key
from petstore.repository.port import Page, PetQuery, Store
from tests.contract.samples import a_pet

_BOTH_ORDERS = pytest.mark.parametrize("newest_first", [True, False])
# Texts that a store would take for code if it did not bind them.
_INJECTIONS = ["' OR 1=1 --", '" OR true', "\\", "%", "_", "*", "') OR ('a'='a", "@species", "\0"]


async def test_empty(store: Store) -> None:
    """Where there are no pets the list is empty and complete."""
    assert await store.pets.find(PetQuery()) == Page([], after=None)


@_BOTH_ORDERS
async def test_order_is_that_of_creation(store: Store, *, newest_first: bool) -> None:
    """Pets come newest first or oldest first, each as it was added."""
    pets = await _add(store, 12)
    page = await store.pets.find(PetQuery(newest_first=newest_first))
    assert list(page.items) == (pets[::-1] if newest_first else pets)
    assert page.after is None


@_BOTH_ORDERS
@pytest.mark.parametrize("limit", [1, 4, 6, 7, 11, 12, 13, 100])
async def test_pages_meet_each_pet_once(store: Store, *, limit: int, newest_first: bool) -> None:
    """All pages together are the whole list, whether or not the limit divides its length."""
    pets = await _add(store, 12)
    query = PetQuery(limit=limit, newest_first=newest_first)
    pages = [page async for page in _pages(store, query)]
    assert [pet for page in pages for pet in page.items] == (pets[::-1] if newest_first else pets)
    assert [len(page.items) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1].items


async def test_has_more_at_the_exact_end(store: Store) -> None:
    """A full page that is the last one says so."""
    await _add(store, 3)
    assert (await store.pets.find(PetQuery(limit=3))).after is None
    assert (await store.pets.find(PetQuery(limit=2))).after


async def test_after_the_last(store: Store) -> None:
    """Beyond the end is an empty page, also after a pet that was removed."""
    (pet,) = await _add(store, 1)
    assert await store.pets.find(PetQuery(after=pet.id)) == Page([], after=None)
    await store.pets.remove(pet.id)
    assert await store.pets.find(PetQuery(after=pet.id)) == Page([], after=None)


@_BOTH_ORDERS
async def test_paging_while_pets_come_and_go(store: Store, *, newest_first: bool) -> None:
    """Pets that are there throughout are met exactly once, whatever happens between pages."""
    lasting, passing = await _add(store, 20), await _add(store, 10)
    met: list[str] = []
    async for page in _pages(store, PetQuery(limit=3, newest_first=newest_first)):
        met += [pet.id for pet in page.items]
        await store.pets.remove(passing.pop().id)
        await store.pets.replace(with_changes(lasting[len(met) % 20], name="Max"))
        passing += await _add(store, 2)
        if len(met) > 60:  # oldest first, the list grows as fast as it is read
            break
    assert len(met) == len(set(met))
    assert {pet.id for pet in lasting} <= set(met)


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"species": "dog"}, ["Rex", "Rexona", "Zoë"]),
        ({"species": "do"}, []),
        ({"status": "sold"}, ["Rexona", "Tom"]),
        ({"tag": "good"}, ["Rex", "Tom"]),
        ({"tag": "goo"}, []),
        ({"name_prefix": "rex"}, ["Rex", "Rexona"]),
        ({"name_prefix": "ex"}, []),
        ({"name_prefix": ""}, ["Rex", "Rexona", "Tom", "Zoë"]),
        ({"species": "dog", "status": "sold"}, ["Rexona"]),
        ({"species": "dog", "tag": "good", "name_prefix": "r"}, ["Rex"]),
        ({"species": "dog", "status": "sold", "tag": "good", "name_prefix": "rex"}, []),
        ({"species": "cat", "status": "sold", "tag": "shy", "name_prefix": "tom"}, ["Tom"]),
    ],
)
async def test_filters(store: Store, condition: Any, names: list[str]) -> None:
    """Each filter holds alone and together with the others."""
    await store.pets.add(a_pet(name="Rex", tags=["Good", "old"]))
    await store.pets.add(a_pet(name="Rexona", status="sold"))
    await store.pets.add(a_pet(name="Tom", species="Cat", status="sold", tags=["SHY", "good"]))
    await store.pets.add(a_pet(name="Zoë", status="pending", tags=["goodish"]))
    page = await store.pets.find(PetQuery(newest_first=False, **condition))
    assert [pet.name for pet in page.items] == names


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ("Zoë", "ZOË"),
        ("ZOE\u0308", "zoë"),
        ("STRASSE", "straße"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("ISTANBUL", "istanbul"),
        ("\u0130stanbul", "i\u0307stanbul"),
        ("ﬁsh", "FISH"),
        ("🐈‍⬛ Cat", "🐈‍⬛ CAT"),
    ],
)
async def test_filters_are_blind_to_case(store: Store, kept: str, asked: str) -> None:
    """Texts that differ only in case or in Unicode form are one text to every filter."""
    pet = (await store.pets.add(a_pet(name=f"{kept} II", species=kept, tags=["x", kept]))).value
    await _add(store, 1)
    key = search_key(asked)
    for query in (PetQuery(species=key), PetQuery(tag=key), PetQuery(name_prefix=key)):
        assert list((await store.pets.find(query)).items) == [pet]


async def test_letters_that_only_look_alike_differ(store: Store) -> None:
    """A dotless i is not an i, and an accent counts."""
    await store.pets.add(a_pet(name="\u0131lk", species="Café"))
    assert not (await store.pets.find(PetQuery(name_prefix="ilk"))).items
    assert not (await store.pets.find(PetQuery(species="cafe"))).items


@pytest.mark.parametrize("text", _INJECTIONS)
async def test_filters_are_only_text(store: Store, text: str) -> None:
    """Whatever stands in a filter is compared and never obeyed."""
    await _add(store, 2)
    for query in (PetQuery(species=text), PetQuery(tag=text), PetQuery(name_prefix=text)):
        assert not (await store.pets.find(query)).items
    if text.isprintable():
        pet = (await store.pets.add(a_pet(name=text, species=text, tags=[text]))).value
        query = PetQuery(species=text.lower(), tag=text.lower(), name_prefix=text.lower())
        assert list((await store.pets.find(query)).items) == [pet]


@pytest.mark.parametrize("after", ["' OR 1=1 --", "", "zzz", "é", "\0"])
@_BOTH_ORDERS
async def test_any_text_to_page_on_from(store: Store, *, after: str, newest_first: bool) -> None:
    """A place to go on from that is not an id still has its place in the order of texts."""
    (pet,) = await _add(store, 1)
    page = await store.pets.find(PetQuery(after=after, newest_first=newest_first))
    is_behind = pet.id < after if newest_first else pet.id > after
    assert list(page.items) == ([pet] if is_behind else [])


@_BOTH_ORDERS
async def test_filters_with_paging(store: Store, *, newest_first: bool) -> None:
    """Pages of a filtered list are full, however rare the pets that match."""
    wanted = []
    for number in range(40):
        pet = (await store.pets.add(a_pet(status="sold" if number % 4 == 0 else "pending"))).value
        wanted += [pet] if pet.status == "sold" else []
    query = PetQuery(limit=5, newest_first=newest_first, status="sold", species="dog")
    pages = [page async for page in _pages(store, query)]
    assert [len(page.items) for page in pages] == [5, 5]
    met = [pet for page in pages for pet in page.items]
    assert met == (wanted[::-1] if newest_first else wanted)


async def test_filters_follow_changes(store: Store) -> None:
    """A replaced pet is found by what it is now, and no more by what it was."""
    pet = (await store.pets.add(a_pet(tags=["old"]))).value
    await store.pets.replace(with_changes(pet, tags=["new"], species="Wolf"))
    assert not (await store.pets.find(PetQuery(tag="old"))).items
    assert not (await store.pets.find(PetQuery(species="dog"))).items
    assert len((await store.pets.find(PetQuery(tag="new", species="wolf"))).items) == 1


async def _add(store: Store, count: int) -> list[Pet]:
    return [(await store.pets.add(a_pet(name=f"Pet {number}"))).value for number in range(count)]


async def _pages(store: Store, query: PetQuery) -> AsyncIterator[Page[Pet]]:
    page = await store.pets.find(query)
    yield page
    while page.after:
        page = await store.pets.find(replace(query, after=page.after))
        yield page
