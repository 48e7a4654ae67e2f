"""Drives the generated client through every operation of a running server.

usage: drive.py URL, with the tokens of two users in ADA and BOB. Prints the operations that were
called and exits with 0, or with what is wrong.
"""

import os
import sys
from datetime import date
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

from petstore_client import AuthenticatedClient, Client, models
from petstore_client.api.orders import (
    cancel_order,
    get_order,
    get_order_head,
    list_my_orders,
    list_my_orders_head,
    patch_order,
    place_order,
)
from petstore_client.api.pets import (
    create_pet,
    delete_pet,
    get_inventory,
    get_inventory_head,
    get_pet,
    get_pet_head,
    list_my_pets,
    list_my_pets_head,
    list_pets,
    list_pets_head,
    patch_pet,
    replace_pet,
)
from petstore_client.api.service import (
    health,
    health_head,
    health_ready,
    health_ready_head,
    openapi_document,
    openapi_document_head,
)
from petstore_client.types import UNSET, Response

URL = sys.argv[1]
# A status that the document does not name is an exception.
ANYBODY = Client(URL, raise_on_unexpected_status=True)
ADA = AuthenticatedClient(URL, os.environ["ADA"], raise_on_unexpected_status=True)
BOB = AuthenticatedClient(URL, os.environ["BOB"], raise_on_unexpected_status=True)
called: set[str] = set()


def call[Kind](
    kind: type[Kind], operation: ModuleType, *values: UUID, client: Any, **more: Any
) -> tuple[Kind, Response[Any]]:
    """Call an operation; return what was parsed, which is of this kind, and the response."""
    called.add(operation.__name__.rpartition(".")[2])
    response = operation.sync_detailed(*values, client=client, **more)
    assert type(response.parsed) is kind, f"{operation.__name__}: {response}"
    return response.parsed, response


def refuse(
    status: int, error: str, operation: ModuleType, *values: UUID, client: Any, **more: Any
) -> models.Problem:
    """Call an operation that is refused; return the problem as the client parsed it."""
    problem, response = call(models.Problem, operation, *values, client=client, **more)
    assert (response.status_code, problem.status, problem.error) == (status, status, error)
    return problem


def create() -> models.Pet:
    """Create pets; one of them twice with the same key."""
    details = models.PetInput(
        name="Zoë",
        species="cat",
        birth_date=date(2024, 2, 29),
        tags=["soft"],
        owner_email="ada@example.com",
    )
    key = str(uuid4())
    pet, first = call(models.Pet, create_pet, client=ADA, body=details, idempotency_key=key)
    again, second = call(models.Pet, create_pet, client=ADA, body=details, idempotency_key=key)
    assert (first.status_code, second.headers["idempotency-replayed"], again) == (201, "true", pet)
    assert (pet.birth_date, pet.created_at.tzname()) == (date(2024, 2, 29), "UTC")
    # Members that are left out have the values that the document says.
    plain, _ = call(models.Pet, create_pet, client=ADA, body=models.PetInput("Bo", "dog"))
    assert (plain.tags, plain.breed, plain.status) == ([], None, models.PetStatus.AVAILABLE)
    refuse(401, "Unauthorized", create_pet, client=ANYBODY, body=details)
    broken = refuse(422, "Invalid pet", create_pet, client=ADA, body=models.PetInput("", ""))
    assert broken.errors
    assert [one.pointer for one in broken.errors] == ["/name", "/species"]
    return pet


def read(pet: models.Pet) -> None:
    """Read a pet in both views, and page through the lists."""
    mine, response = call(models.Pet, get_pet, pet.id, client=ADA)
    public, _ = call(models.Pet, get_pet, pet.id, client=ANYBODY)
    assert (mine, public.owner_email) == (pet, UNSET)
    tag = response.headers["etag"]
    call(type(None), get_pet, pet.id, client=ADA, if_none_match=tag)
    refuse(404, "Pet not found", get_pet, uuid4(), client=ANYBODY)
    for operation in (list_pets, list_my_pets):
        page, _ = call(models.PetPage, operation, client=ADA, limit=1)
        assert page.has_more
        rest, _ = call(models.PetPage, operation, client=ADA, limit=1, cursor=page.next_cursor)
        (first,), (second,) = page.data, rest.data
        assert (first.id > second.id, second.id) == (True, pet.id)
    found, _ = call(
        models.PetPage,
        list_pets,
        client=ANYBODY,
        sort=models.Sort.OLDEST_FIRST,
        status=models.PetStatus.AVAILABLE,
        name="ZO",
    )
    assert [one.id for one in found.data] == [pet.id]
    refuse(400, "Invalid parameter", list_pets, client=ANYBODY, limit=0)


def change(pet: models.Pet) -> None:
    """Patch and replace a pet, on conditions that hold and that do not."""
    _, response = call(models.Pet, get_pet, pet.id, client=ADA)
    tag = response.headers["etag"]
    patch = models.PetPatch(breed="tabby")
    patched, _ = call(models.Pet, patch_pet, pet.id, client=ADA, body=patch, if_match=tag)
    # What a patch leaves out stays.
    assert (patched.breed, patched.tags, patched.owner_email) == (
        "tabby",
        *(pet.tags, pet.owner_email),
    )
    refuse(412, "Precondition failed", patch_pet, pet.id, client=ADA, body=patch, if_match=tag)
    refuse(403, "Forbidden", patch_pet, pet.id, client=BOB, body=patch)
    details = models.PetInput("Zoë", "cat")
    replaced, _ = call(models.Pet, replace_pet, pet.id, client=ADA, body=details)
    assert (replaced.breed, replaced.tags) == (None, [])


def order(pet: models.Pet) -> None:
    """Order a pet, cancel that, and order and deliver it."""
    refuse(404, "Order not found", get_order, pet.id, client=BOB)
    call(models.Order, place_order, pet.id, client=BOB)
    call(type(None), cancel_order, pet.id, client=BOB)
    details = models.OrderInput(ship_by=date(2026, 12, 24), contact_email="bob@example.com")
    placed, response = call(models.Order, place_order, pet.id, client=BOB, body=details)
    assert (response.status_code, placed.buyer, placed.status) == (*(201, "bob"), "placed")
    again, response = call(models.Order, place_order, pet.id, client=BOB, body=details)
    assert (response.status_code, again) == (200, placed)
    refuse(409, "Pet not available", place_order, pet.id, client=ADA)
    seen, response = call(models.Order, get_order, pet.id, client=ADA)
    assert seen.contact_email is UNSET
    replace_while_ordered(pet)
    approved = models.OrderPatch(status=models.OrderStatus.APPROVED)
    tag = response.headers["etag"]
    call(models.Order, patch_order, pet.id, client=ADA, body=approved, if_match=tag)
    page, _ = call(models.OrderPage, list_my_orders, client=BOB)
    assert [(one.pet_id, one.contact_email) for one in page.data] == [(pet.id, "bob@example.com")]
    refuse(409, "Pet has an order", delete_pet, pet.id, client=ADA)


def replace_while_ordered(pet: models.Pet) -> None:
    """Replace a pet that has an order: a body that names no status contradicts none."""
    replaced, _ = call(
        models.Pet, replace_pet, pet.id, client=ADA, body=models.PetInput("Zoë", "cat")
    )
    assert replaced.status is models.PetStatus.PENDING


def end(pet: models.Pet) -> None:
    """Count the pets, deliver the order, and delete the pet."""
    counts, _ = call(models.Inventory, get_inventory, client=ANYBODY)
    assert (counts.available, counts.pending, counts.sold) == (1, 1, 0)
    delivered = models.OrderPatch(status=models.OrderStatus.DELIVERED)
    call(models.Order, patch_order, pet.id, client=ADA, body=delivered)
    refuse(409, "Order cannot change", cancel_order, pet.id, client=BOB)
    call(type(None), delete_pet, pet.id, client=ADA)
    refuse(404, "Pet not found", delete_pet, pet.id, client=ADA)


def serve() -> None:
    """Ask for health and for the document."""
    alive, _ = call(models.Health, health, client=ANYBODY)
    ready, _ = call(models.Health, health_ready, client=ANYBODY)
    assert (alive.status, ready.status) == ("pass", "pass")
    call(models.Document, openapi_document, client=ANYBODY)


def head(pet: models.Pet) -> None:
    """Send HEAD wherever it is described: no body is parsed, of an error neither."""
    for operation in (get_pet_head, get_order_head):
        call(type(None), operation, pet.id, client=BOB)
        call(type(None), operation, uuid4(), client=BOB)
    for operation in (list_pets_head, list_my_pets_head, list_my_orders_head):
        call(type(None), operation, client=BOB)
        call(type(None), operation, client=BOB, limit=0)
    for operation in (get_inventory_head, health_head, health_ready_head, openapi_document_head):
        call(type(None), operation, client=BOB)


pet = create()
read(pet)
change(pet)
order(pet)
head(pet)
end(pet)
serve()
sys.stdout.write("\n".join(sorted(called)))
