"""What goes out over HTTP. Headers are ASCII; no answer sets a name twice or Content-Length."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

import azure.functions as func

from petstore.http.cursors import encode_cursor
from petstore.http.negotiation import JSON
from petstore.http.representations import (
    content_tag,
    is_known,
    order_tag,
    order_view,
    ordered_view,
    version_tag,
    view,
)
from petstore.identity import Caller
from petstore.repository.port import Page, PetQuery, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from petstore.limits import Status
    from petstore.pet import Pet
    from petstore.pets import Created

# Caches may keep a pet, and ask each time whether it is still the same.
_REVALIDATE = "no-cache"
# What depends on a token is nobody else's.
_PRIVATE = "private, no-store"


def json_answer(body: object) -> func.HttpResponse:
    """Answer with JSON that is true for this moment only."""
    return func.HttpResponse(json.dumps(body), headers={"Cache-Control": "no-store"}, mimetype=JSON)


def pet_answer(stored: "Stored[Pet]", caller: Caller | None = None) -> func.HttpResponse:
    """Answer with one pet, as the caller may see it.

    Args:
        stored: the pet.
        caller: who asks; whoever may change the pet sees its owner's address.
    """
    shown = view(stored.value, caller)
    return func.HttpResponse(
        shown, headers=_pet_headers(stored.version, shown, caller), mimetype=JSON
    )


def order_answer(
    stored: "Stored[Pet]", caller: Caller, status: HTTPStatus = HTTPStatus.OK
) -> func.HttpResponse:
    """Answer with a pet's order, as the caller may see it."""
    headers = {
        "ETag": order_tag(stored, caller) or "",
        "Cache-Control": _PRIVATE,
        "Vary": "Authorization",
    }
    body = order_view(stored.value, caller)
    return func.HttpResponse(body, status_code=status, headers=headers, mimetype=JSON)


def created_answer(req: func.HttpRequest, created: "Created", caller: Caller) -> func.HttpResponse:
    """Answer that a pet was created, now or at first, and where it is (RFC 9110, 15.3.2)."""
    stored = created.stored
    # Relative: behind a gateway that adds a base path the client knows that path, the app does not.
    collection = urlsplit(req.url).path.rpartition("/")[2]
    location = f"{collection}/{stored.value.id}" if collection else stored.value.id
    shown = view(stored.value, caller)
    headers = {"Location": location, **_pet_headers(stored.version, shown, caller)}
    if created.replayed:
        headers["Idempotency-Replayed"] = "true"
    return func.HttpResponse(shown, status_code=HTTPStatus.CREATED, headers=headers, mimetype=JSON)


def no_content() -> func.HttpResponse:
    """Answer that it is done and there is nothing to show."""
    return func.HttpResponse(status_code=HTTPStatus.NO_CONTENT)


def options_answer(allowed: list[str]) -> func.HttpResponse:
    """Answer which methods a path takes (RFC 9110, 9.3.7)."""
    headers = {"Allow": ", ".join(allowed)}
    if "QUERY" in allowed:
        headers["Accept-Query"] = JSON
    return func.HttpResponse(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def query_answer(
    url: str, query: PetQuery, page: "Page[Pet]", cache_seconds: int
) -> func.HttpResponse:
    """Answer a QUERY as a GET of the URL would be; Location names it (RFC 10008)."""
    response = list_answer(url, query, page, cache_seconds)
    response.headers["Location"] = url
    return response


def list_answer(
    url: str,
    query: PetQuery,
    page: "Page[Pet]",
    cache_seconds: int | None,
    show: "Callable[[Pet], bytes] | None" = None,
) -> func.HttpResponse:
    """Answer with a page; its Link header (RFC 8288) leads to the next and keeps the filters.

    Args:
        url: what was asked for, with its parameters.
        query: the same, as it was read.
        page: what was found.
        cache_seconds: how long a shared cache may keep it without asking, 0 for not at all; None
            for the caller's own pets, which are shown whole and kept by no cache.
        show: returns what is shown of each pet; None for the pet itself.
    """
    show = show or (lambda pet: pet.view(whole=cache_seconds is None))
    cursor = encode_cursor(query, page.after) if page.after else None
    body = b'{"data":[%b],"next_cursor":%b,"has_more":%b}' % (
        b",".join(map(show, page.items)),
        json.dumps(cursor).encode(),
        json.dumps(cursor is not None).encode(),
    )
    headers = {"Cache-Control": _list_caching(cache_seconds), "ETag": content_tag(body)}
    if cache_seconds is None:
        headers["Vary"] = "Authorization"
    else:
        headers["Accept-Query"] = JSON
    if cursor:
        headers["Link"] = f'<?{_with_cursor(url, cursor)}>; rel="next"'
    return func.HttpResponse(body, headers=headers, mimetype=JSON)


def ordered_answer(
    url: str, query: PetQuery, page: "Page[Pet]", caller: Caller
) -> func.HttpResponse:
    """Answer with a page of the caller's own orders, each with its pet's id."""
    return list_answer(url, query, page, None, lambda pet: ordered_view(pet, caller))


def inventory_answer(counts: "Mapping[Status, int]", cache_seconds: int) -> func.HttpResponse:
    """Answer how many pets have each status; caches may keep it as they may a list."""
    body = json.dumps(counts).encode()
    headers = {"Cache-Control": _list_caching(cache_seconds), "ETag": content_tag(body)}
    return func.HttpResponse(body, headers=headers, mimetype=JSON)


def _list_caching(seconds: int | None) -> str:
    if seconds:
        return f"public, s-maxage={seconds}, max-age=0"
    return _PRIVATE if seconds is None else "no-store"


def _pet_headers(version: str, shown: bytes, caller: Caller | None) -> dict[str, str]:
    tag = {"ETag": version_tag(version, shown)} if version else {}
    cached = _PRIVATE if is_known(caller) else _REVALIDATE
    return {**tag, "Cache-Control": cached, "Vary": "Authorization"}


def _with_cursor(url: str, cursor: str) -> str:
    kept = [pair for pair in parse_qsl(urlsplit(url).query) if pair[0] != "cursor"]
    return urlencode([*kept, ("cursor", cursor)])
