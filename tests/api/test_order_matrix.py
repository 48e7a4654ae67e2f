"""Every action on a pet and its order, by every kind of caller, in every state, on every condition.

What is expected follows from the rules alone; it is written here a second time, on purpose.
"""

from itertools import product, starmap
from typing import Literal, NamedTuple

import pytest

from function_app import wiring
from petstore.identity import Caller
from petstore.ids import new_id
from petstore.order import Order
from tests.api.client import Answer, Client
from tests.api.tokens import SECRET, bearer
from tests.contract.samples import a_pet

_WHO = {
    "none": {},
    "forged": bearer(
        "ada", key="another secret of 64 bytes, so that it is long enough for all of it"
    ),
    "stranger": bearer("eve"),
    "buyer": bearer("bob"),
    "owner": bearer("ada"),
    "admin": bearer("root", scope="pets.admin"),
}
_CONDITIONS = {
    "": {},
    "any": {"If-Match": "*"},
    "stale": {"If-Match": '"x"'},
    "none": {"If-None-Match": "*"},
}
_ACTIONS: dict[str, tuple[str, str, bytes]] = {
    "see": ("GET", "/order", b""),
    "peek": ("HEAD", "/order", b""),
    "place": ("PUT", "/order", b"{}"),
    "place otherwise": ("PUT", "/order", b'{"note": "other"}'),
    "approve": ("PATCH", "/order", b'{"status": "approved"}'),
    "deliver": ("PATCH", "/order", b'{"status": "delivered"}'),
    "cancel": ("DELETE", "/order", b""),
    "rename": ("PATCH", "", b'{"name": "Bo"}'),
    "sell": ("PATCH", "", b'{"status": "sold"}'),
    "delete": ("DELETE", "", b""),
}
_NEXT = {"placed": "approved", "approved": "delivered"}
_PET_STATUS = {"none": "available", "placed": "pending", "approved": "pending", "delivered": "sold"}
_ADDRESSES = {b"bob@example.com": {"buyer", "admin"}, b"ada@example.com": {"owner", "admin"}}

type State = Literal["none", "placed", "approved", "delivered"]


class Case(NamedTuple):
    """One request: what, by whom, on what condition, and how far the order is before."""

    action: str
    who: str
    condition: str
    state: State


class Outcome(NamedTuple):
    """What is answered, and how far the order is afterwards; gone: there is no pet any more."""

    status: int
    after: str


def _expected(case: Case) -> Outcome:
    if case.who in {"none", "forged"}:
        return Outcome(401, case.state)
    status = _refusal(case) or _condition(case) or _conflict(case)
    return Outcome(status, case.state) if status else _done(case)


def _refusal(case: Case) -> int | None:
    """Return 403 or 404; None where the caller may do it."""
    is_chief = case.who in {"owner", "admin"}
    if case.action in {"see", "peek", "cancel"}:
        if case.state == "none":
            return 404
        return None if is_chief or case.who == "buyer" else 403
    if case.action in {"place", "place otherwise"}:
        return None
    if not is_chief:
        return 403
    return 404 if case.action in {"approve", "deliver"} and case.state == "none" else None


def _condition(case: Case) -> int | None:
    of_order = _ACTIONS[case.action][1] == "/order"
    is_there = case.state != "none" if of_order else True
    fails = {"": False, "any": not is_there, "stale": True, "none": is_there}[case.condition]
    if fails and case.condition == "none" and case.action in {"see", "peek"}:
        return 304
    return 412 if fails else None


def _conflict(case: Case) -> int | None:
    """Return 409 where the state does not allow it."""
    is_repeated = case.who == "buyer" and case.state != "none"
    conflicts = {
        "place": case.state != "none" and not is_repeated,
        "place otherwise": case.state != "none",
        "approve": case.state == "delivered",
        "deliver": case.state == "placed",
        "cancel": case.state == "delivered",
        "sell": case.state in {"placed", "approved"},
        "delete": case.state in {"placed", "approved"},
    }
    return 409 if conflicts.get(case.action) else None


def _done(case: Case) -> Outcome:
    is_new = case.state == "none"
    outcomes = {
        "place": Outcome(201 if is_new else 200, "placed" if is_new else case.state),
        "place otherwise": Outcome(201, "placed"),
        "approve": Outcome(200, "approved"),
        "deliver": Outcome(200, "delivered"),
        "cancel": Outcome(204, "none"),
        "delete": Outcome(204, "gone"),
    }
    return outcomes.get(case.action, Outcome(200, case.state))


@pytest.fixture
async def secured(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return a client of an API that asks for tokens."""
    await wiring.close()
    monkeypatch.setenv("JWT_SECRET", SECRET)
    return client


async def _build(state: State) -> str:
    """Keep a pet of ada's whose order by bob is that far; return its id."""
    pet = a_pet(owner_id="ada", owner_email="ada@example.com")
    if state != "none":
        order = Order(new_id(), "t", "t", state, buyer="bob", contact_email="bob@example.com")
        pet = pet.with_order(order, "t")
    await wiring.store.pets.add(pet)
    return pet.id


async def _state(client: Client, pet_id: str) -> str:
    """Return how far the order is, as an administrator sees it, whose pet it agrees with."""
    shown = await client.get(f"/api/pets/{pet_id}")
    if shown.status == 404:
        return "gone"
    order = await client.get(f"/api/pets/{pet_id}/order", _WHO["admin"])
    state: str = "none" if order.status == 404 else order.json()["status"]
    assert shown.json()["status"] in {_PET_STATUS[state], "sold" if state == "none" else ""}
    return state


def _check_secrets(case: Case, answer: Answer) -> None:
    """Check that no caller sees an address that is not for them, whatever the answer."""
    for address, seers in _ADDRESSES.items():
        assert address not in answer.body or case.who in seers, case
    if answer.status >= 400 and case.action != "peek":
        assert answer.headers["content-type"] == "application/problem+json", case


async def _differences(client: Client, action: str) -> list[tuple[Case, Outcome]]:
    """Return the cases whose outcome is not the expected one, each with its outcome."""
    method, path, body = _ACTIONS[action]
    states: tuple[State, ...] = ("none", "placed", "approved", "delivered")
    found = []
    for case in starmap(Case, product([action], _WHO, _CONDITIONS, states)):
        pet_id = await _build(case.state)
        headers = _WHO[case.who] | _CONDITIONS[case.condition]
        answer = await client.request(method, f"/api/pets/{pet_id}{path}", body, headers)
        _check_secrets(case, answer)
        outcome = Outcome(answer.status, await _state(client, pet_id))
        if outcome != _expected(case):
            found.append((case, outcome))
    return found


@pytest.mark.parametrize("action", _ACTIONS)
async def test_matrix(secured: Client, action: str) -> None:
    """Each of the cases is answered as the rules say, and changes what they say, nothing else."""
    assert await _differences(secured, action) == []


async def test_a_planted_fault(secured: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where everybody may change everything, strangers are found to cancel orders."""
    monkeypatch.setattr(Caller, "may_change", lambda _, __: True)
    found = await _differences(secured, "cancel")
    assert {case.who for case, _ in found} == {"stranger"}
