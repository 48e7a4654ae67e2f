"""What the rules about one pet answer to the calls of a history."""

from typing import TYPE_CHECKING

from petstore.errors import (
    Contended,
    Forbidden,
    NotAvailable,
    NotFound,
    Ordered,
    OrderNotFound,
    PetStoreError,
    StoreUnavailable,
    WrongStep,
)
from petstore.identity import Caller
from petstore.orders import Orders
from petstore.pets import Pets
from petstore.repository.port import Store, Stored
from tests.contract.histories import What

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_ANSWERS: dict[type[PetStoreError], str] = {
    OrderNotFound: "no order",
    NotFound: "no pet",
    Forbidden: "forbidden",
    NotAvailable: "not available",
    Ordered: "ordered",
    WrongStep: "wrong step",
}


async def answer(store: Store, pet_id: str, what: What) -> object:
    """Make one call of a history; return what it was answered, None where that is unknown."""
    kind, caller = what[0], Caller(what[1])
    orders, pets = Orders(store, caller), Pets(store, caller)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "order": lambda: orders.place(pet_id, {}),
        "cancel": lambda: orders.cancel(pet_id),
        "move": lambda: orders.patch(pet_id, {"status": what[2]}),
        "patch": lambda: pets.patch(pet_id, {"name": what[2]}),
        "delete": lambda: pets.remove(pet_id),
        "read": lambda: pets.get(pet_id),
    }
    try:
        found = await calls[kind]()
    except (StoreUnavailable, Contended):
        return None
    except PetStoreError as error:
        if type(error) not in _ANSWERS:
            raise
        return _ANSWERS[type(error)]
    if not isinstance(found, Stored) or kind != "read":
        return "done"
    pet = found.value
    return (pet.name, pet.order and pet.order.buyer, pet.order and pet.order.status)
