"""Whether a history of calls on one pet can be explained by doing them one after another.

The search of Wing and Gong (1993, "Testing and verifying concurrent objects"): of the calls that
may come first, since no other ended before they began, try each on the state, and go on with the
rest. A call whose outcome is unknown may have been done at any time after it began, or never.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

# Calls at most: the search may take exponential time.
LONGEST = 40


class State(NamedTuple):
    """A pet: whether it is there, its name, and the buyer and status of its order."""

    exists: bool = True
    name: str = "Rex"
    buyer: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Call:
    """One call and its answer.

    Attributes:
        begin: its moment, in any unit.
        end: the same; infinite where the answer is unknown.
        what: says what was asked for.
        answer: what came back; None where that is unknown.
    """

    begin: float
    end: float
    what: tuple[str, ...]
    answer: object


# Returns what a call answers in a state, and the state after it.
Model = Callable[[State, tuple[str, ...]], tuple[object, State]]


def explain(history: list[Call], model: Model, state: State) -> list[Call] | None:
    """Return an order of the calls that explains every answer; None where there is none."""
    assert len(history) <= LONGEST
    failed: set[tuple[int, State]] = set()

    def search(left: int, state: State) -> list[Call] | None:
        calls = [call for number, call in enumerate(history) if left >> number & 1]
        if all(call.answer is None for call in calls):
            return []
        if (left, state) in failed:
            return None
        first_end = min(call.end for call in calls)
        for number, call in enumerate(history):
            if left >> number & 1 and call.begin <= first_end:
                answer, after = model(state, call.what)
                if call.answer in {None, answer}:
                    rest = search(left & ~(1 << number), after)
                    if rest is not None:
                        return [call, *rest]
        failed.add((left, state))
        return None

    return search((1 << len(history)) - 1, state)


def pet_model(state: State, what: tuple[str, ...]) -> tuple[object, State]:
    """Return what the rules about one pet and its order promise."""
    return _RULES[what[0]](state, what) if state.exists else ("no pet", state)


def _read(state: State, _: tuple[str, ...]) -> tuple[object, State]:
    return state[1:], state


def _patched(state: State, what: tuple[str, ...]) -> tuple[object, State]:
    return "done", state._replace(name=what[2])


def _deleted(state: State, _: tuple[str, ...]) -> tuple[object, State]:
    is_live = state.status in {"placed", "approved"}
    return ("ordered", state) if is_live else ("done", state._replace(exists=False))


def _ordered(state: State, what: tuple[str, ...]) -> tuple[object, State]:
    if state.status is not None:
        return ("done" if state.buyer == what[1] else "not available"), state
    return "done", state._replace(buyer=what[1], status="placed")


def _cancelled(state: State, what: tuple[str, ...]) -> tuple[object, State]:
    if state.status is None:
        return "no order", state
    if what[1] not in {state.buyer, "ada"}:
        return "forbidden", state
    if state.status == "delivered":
        return "wrong step", state
    return "done", state._replace(buyer=None, status=None)


def _moved(state: State, what: tuple[str, ...]) -> tuple[object, State]:
    if state.status is None:
        return "no order", state
    if state.status == what[2]:
        return "done", state
    if (state.status, what[2]) not in {("placed", "approved"), ("approved", "delivered")}:
        return "wrong step", state
    return "done", state._replace(status=what[2])


_RULES: dict[str, Model] = {
    "read": _read,
    "patch": _patched,
    "delete": _deleted,
    "order": _ordered,
    "cancel": _cancelled,
    "move": _moved,
}
