"""Histories of several processes on one pet, with pauses between a client's calls."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from itertools import cycle

from petstore.repository.port import Store
from tests.contract.answers import answer
from tests.contract.histories import What
from tests.contract.linearizable import Call
from tests.contract.samples import a_pet

type Clients = list[list[What]]


async def history_of(
    store: Store,
    clients: Clients,
    others: Sequence[Store] = (),
    pause: Callable[[], float] = lambda: 0,
) -> list[Call]:
    """Let clients call at once on one new pet; return their calls with the answers.

    Args:
        store: where the pet is created, and where clients call.
        clients: each client's calls, which it makes one after another.
        others: further stores of the same pets: the clients take turns in choosing one.
        pause: returns for how many seconds a client waits before a call.
    """
    stores = cycle([store, *others])
    pet_id = (await store.pets.add(a_pet(owner_id="ada"))).value.id
    history: list[Call] = []

    async def live(calls: list[What], store: Store) -> None:
        for what in calls:
            await asyncio.sleep(pause())
            history.append(call := await called(store, pet_id, what))
            if call.answer is None:
                # Whether it was done is unknown; so is when: this client asks for no more.
                return

    await asyncio.gather(*map(live, clients, stores))
    return history


async def called(store: Store, pet_id: str, what: What) -> Call:
    """Make one call, and return it with its answer and its moments."""
    begin = time.perf_counter()
    answered = await answer(store, pet_id, what)
    return Call(begin, math.inf if answered is None else time.perf_counter(), what, answered)
