"""What concurrent clients do with one pet, and how their calls become a history to be explained."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

from hypothesis import strategies as st

from tests.contract.linearizable import Call

type What = tuple[str, ...]
# Returns what a call was answered; None where that is unknown.
type Ask = Callable[[What], Awaitable[object]]

_CALLS = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(["bob", "eve"])),
    st.tuples(st.just("cancel"), st.sampled_from(["bob", "eve", "ada"])),
    st.tuples(st.just("move"), st.just("ada"), st.sampled_from(["approved", "delivered"])),
    st.tuples(st.just("patch"), st.just("ada"), st.sampled_from(["Bo", "Zoe"])),
    st.tuples(st.just("read"), st.just("ada")),
    st.tuples(st.just("delete"), st.just("ada")),
)
CLIENTS = st.lists(st.lists(_CALLS, min_size=1, max_size=4), min_size=2, max_size=5)


def with_one_deletion(clients: list[list[What]]) -> bool:
    """Return whether at most one call deletes.

    Of two that lose their connection each may be told that it deleted the pet: nothing is left
    that could tell them apart.
    """
    return sum(what[0] == "delete" for calls in clients for what in calls) <= 1


async def record(ask: Ask, clients: list[list[What]]) -> list[Call]:
    """Let all clients call at once; return what they called, when, and what they were answered.

    A client whose answer is unknown asks for no more: whether its call was done is unknown, and so
    is when.
    """
    history: list[Call] = []

    async def live(calls: list[What]) -> None:
        for what in calls:
            begin = time.perf_counter()
            answer = await ask(what)
            end = math.inf if answer is None else time.perf_counter()
            history.append(Call(begin, end, what, answer))
            if answer is None:
                return

    await asyncio.gather(*map(live, clients))
    return history
