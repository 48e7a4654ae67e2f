"""Every trigger of PetStore. Each handler parses, calls and answers; the rules are below.

The names matter: the Functions host matches routes in the alphabetical order of these functions'
names, so the catch-all must sort last.
"""

import os
from http import HTTPStatus
from typing import List  # noqa: UP035 - the worker refuses func.Out[list[str]]

import azure.functions as func

from petstore import warm_up
from petstore.errors import Unauthorized
from petstore.first_look import FirstLook
from petstore.http import docs
from petstore.http.conditions import read_order_precondition, read_precondition
from petstore.http.endpoint import Endpoint
from petstore.http.errors import MethodNotAllowed
from petstore.http.health import readiness
from petstore.http.negotiation import JSON, MERGE_PATCH
from petstore.http.problems import not_found
from petstore.http.requests import (
    read_idempotency_key,
    read_json,
    read_json_if_any,
    read_list_body,
    read_list_query,
    read_order_query,
    read_pet_id,
    read_query,
)
from petstore.http.responses import (
    created_answer,
    inventory_answer,
    json_answer,
    list_answer,
    no_content,
    options_answer,
    order_answer,
    ordered_answer,
    pet_answer,
    query_answer,
)
from petstore.http.routes import RoutedApp, methods_at
from petstore.sdk_logs import quiet_sdk
from petstore.settings import STORAGE
from petstore.wiring import Wiring

app = RoutedApp()
wiring = Wiring(os.environ)
first_look = FirstLook(os.environ)
endpoint = Endpoint(lambda: wiring.settings, app.operations, wiring.report)
quiet_sdk()


@app.route("pets", methods=["GET", "HEAD"])
@endpoint
async def list_pets(req: func.HttpRequest) -> func.HttpResponse:
    """List pets, page by page."""
    query = read_list_query(req)
    page = await wiring.pets().find(query)
    return list_answer(req.url, query, page, wiring.settings.list_cache_seconds)


@app.route("pets", methods=["QUERY"])
@endpoint
async def query_pets(req: func.HttpRequest) -> func.HttpResponse:
    """List pets by the parameters in the body, page by page."""
    query, url = read_list_body(req)
    page = await wiring.pets().find(query)
    return query_answer(url, query, page, wiring.settings.list_cache_seconds)


@app.route("pets", methods=["POST"])
@endpoint
async def create_pet(req: func.HttpRequest) -> func.HttpResponse:
    """Create a pet; only once for each Idempotency-Key."""
    caller = await wiring.caller(req.headers.get("authorization"))
    key, body = read_idempotency_key(req), read_json(req)
    created = await wiring.pets(caller).create(body, key)
    return created_answer(req, created, caller)


@app.route("pets/{pet_id}", methods=["GET", "HEAD"])
@endpoint
async def get_pet(req: func.HttpRequest) -> func.HttpResponse:
    """Get a pet."""
    caller = await wiring.caller_if_any(req.headers.get("authorization"))
    return pet_answer(await wiring.pets().get(read_pet_id(req)), caller)


@app.route("pets/{pet_id}", methods=["PUT"])
@endpoint
async def replace_pet(req: func.HttpRequest) -> func.HttpResponse:
    """Replace a pet."""
    caller = await wiring.caller(req.headers.get("authorization"))
    changed = await wiring.pets(caller).replace(
        read_pet_id(req), read_json(req), read_precondition(req, caller)
    )
    return pet_answer(changed, caller)


@app.route("pets/{pet_id}", methods=["PATCH"])
@endpoint
async def patch_pet(req: func.HttpRequest) -> func.HttpResponse:
    """Change a pet (JSON merge patch)."""
    caller = await wiring.caller(req.headers.get("authorization"))
    changed = await wiring.pets(caller).patch(
        read_pet_id(req), read_json(req, MERGE_PATCH, JSON), read_precondition(req, caller)
    )
    return pet_answer(changed, caller)


@app.route("pets/{pet_id}", methods=["DELETE"])
@endpoint
async def delete_pet(req: func.HttpRequest) -> func.HttpResponse:
    """Delete a pet."""
    caller = await wiring.caller(req.headers.get("authorization"))
    await wiring.pets(caller).remove(read_pet_id(req), read_precondition(req, caller))
    return no_content()


@app.route("pets/{pet_id}/order", methods=["GET", "HEAD"])
@endpoint
async def get_order(req: func.HttpRequest) -> func.HttpResponse:
    """Get the order of a pet."""
    caller = await wiring.caller(req.headers.get("authorization"))
    return order_answer(await wiring.orders(caller).get(read_pet_id(req)), caller)


@app.route("pets/{pet_id}/order", methods=["PUT"])
@endpoint
async def place_order(req: func.HttpRequest) -> func.HttpResponse:
    """Order a pet."""
    caller = await wiring.caller(req.headers.get("authorization"))
    placed = await wiring.orders(caller).place(
        read_pet_id(req), read_json_if_any(req), read_order_precondition(req, caller)
    )
    status = HTTPStatus.CREATED if placed.is_new else HTTPStatus.OK
    return order_answer(placed.stored, caller, status)


@app.route("pets/{pet_id}/order", methods=["PATCH"])
@endpoint
async def patch_order(req: func.HttpRequest) -> func.HttpResponse:
    """Approve or deliver an order (JSON merge patch)."""
    caller = await wiring.caller(req.headers.get("authorization"))
    changed = await wiring.orders(caller).patch(
        read_pet_id(req), read_json(req, MERGE_PATCH, JSON), read_order_precondition(req, caller)
    )
    return order_answer(changed, caller)


@app.route("pets/{pet_id}/order", methods=["DELETE"])
@endpoint
async def cancel_order(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel an order."""
    caller = await wiring.caller(req.headers.get("authorization"))
    await wiring.orders(caller).cancel(read_pet_id(req), read_order_precondition(req, caller))
    return no_content()


@app.route("me/pets", methods=["GET", "HEAD"])
@endpoint
async def list_my_pets(req: func.HttpRequest) -> func.HttpResponse:
    """List the caller's own pets, page by page."""
    caller = await wiring.caller(req.headers.get("authorization"))
    if caller.user_id is None:
        raise Unauthorized("Without JWT settings nobody has pets of their own.", code=None)
    query = read_list_query(req, owner_id=caller.user_id)
    return list_answer(req.url, query, await wiring.pets().find(query), cache_seconds=None)


@app.route("me/orders", methods=["GET", "HEAD"])
@endpoint
async def list_my_orders(req: func.HttpRequest) -> func.HttpResponse:
    """List the caller's own orders, page by page."""
    caller = await wiring.caller(req.headers.get("authorization"))
    if caller.user_id is None:
        raise Unauthorized("Without JWT settings nobody has orders of their own.", code=None)
    query = read_order_query(req, caller.user_id)
    return ordered_answer(req.url, query, await wiring.orders(caller).find(query), caller)


@app.route("inventory", methods=["GET", "HEAD"])
@endpoint
async def get_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Count the pets by status."""
    read_query(req, ())
    return inventory_answer(await wiring.pets().count(), wiring.settings.list_cache_seconds)


@app.route("health", methods=["GET", "HEAD"])
@endpoint
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Check that the service is up."""
    return json_answer({"status": "pass"})


@app.route("health/ready", methods=["GET", "HEAD"])
@endpoint
async def health_ready(req: func.HttpRequest) -> func.HttpResponse:
    """Check that the service can serve requests."""
    await first_look.report(lambda: wiring.settings, lambda: wiring.store)
    return await readiness(lambda: wiring.store, wiring.caller, lambda: wiring.settings.in_azure)


@app.route("openapi.json", methods=["GET", "HEAD"])
@endpoint
async def openapi_document(req: func.HttpRequest) -> func.HttpResponse:
    """Get the OpenAPI document."""
    return docs.document_answer(req)


@app.route("docs", methods=["GET", "HEAD"])
@endpoint.producing("text/html")
async def docs_page(req: func.HttpRequest) -> func.HttpResponse:
    """Open the documentation page."""
    return docs.page_answer(req)


@app.route("docs/{asset}", methods=["GET", "HEAD"])
@endpoint.producing("*/*")
async def docs_asset(req: func.HttpRequest) -> func.HttpResponse:
    """Get a file of the documentation page."""
    return docs.asset_answer(req)


@app.route("{*path}")
@endpoint
async def zz_unmatched(req: func.HttpRequest) -> func.HttpResponse:
    """Answer what no other function takes: the API's root, 404, 405 and OPTIONS.

    It declares no methods, so the host hands it every method that nothing else takes.
    """
    path = req.route_params.get("path", "")
    if not path and req.method in {"GET", "HEAD"}:
        return docs.root_answer(req)
    allowed = methods_at(app.operations, path) if path else ["GET", "HEAD", "OPTIONS"]
    if not allowed:
        return not_found()
    if req.method == "OPTIONS":
        return options_answer(allowed)
    raise MethodNotAllowed(allowed)


# Where storage is missing or away the real host ends, or logs errors; HTTP needs neither.
if background := wiring.background:

    @app.timer_trigger("timer", schedule=background.schedule, use_monitor=False)
    @app.queue_output("queue", queue_name=background.queue, connection=STORAGE)
    async def relay_events(timer: func.TimerRequest, queue: func.Out[List[str]]) -> None:  # noqa: UP006
        """Send the events that are due to the queue; the tick also keeps an instance warm."""
        wiring.report()
        if messages := await wiring.relay().run():
            queue.set(messages)

    @app.queue_trigger("message", queue_name=background.queue, connection=STORAGE)
    async def notify_owner(message: func.QueueMessage) -> None:
        """Mail what a message is about; what cannot be sent now becomes due again later."""
        wiring.report()
        await wiring.notifications().deliver(message.get_body())

    @app.queue_trigger("message", queue_name=f"{background.queue}-poison", connection=STORAGE)
    async def notify_owner_failed(message: func.QueueMessage) -> None:
        """Log a message that met a bug five times, and mark its event as failed."""
        wiring.report()
        await wiring.notifications().give_up(message.get_body())


# Last: from here on the worker waits for the host.
warm_up.start(wiring)
