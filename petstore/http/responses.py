"""What goes out over HTTP. Headers are ASCII; no answer sets a name twice or Content-Length."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit

import azure.functions as func

from petstore.http.cursors import encode_cursor
from petstore.repository import Page, PetQuery, Stored

_JSON = "application/json"
_PROBLEM = "application/problem+json"


def json_answer(body: object, status: int = HTTPStatus.OK) -> func.HttpResponse:
    """Answer with JSON."""
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype=_JSON)


def pet_answer(stored: Stored) -> func.HttpResponse:
    """Answer with one pet."""
    return func.HttpResponse(stored.pet.view(), mimetype=_JSON)


def created_answer(req: func.HttpRequest, stored: Stored) -> func.HttpResponse:
    """Answer that a pet was made, and where it is (RFC 9110, 15.3.2)."""
    location = f"{urlsplit(req.url).path.rstrip('/')}/{stored.pet.id}"
    return func.HttpResponse(
        stored.pet.view(),
        status_code=HTTPStatus.CREATED,
        headers={"Location": location},
        mimetype=_JSON,
    )


def no_content() -> func.HttpResponse:
    """Answer that it is done and there is nothing to show."""
    return func.HttpResponse(status_code=HTTPStatus.NO_CONTENT)


def not_found() -> func.HttpResponse:
    """Answer that nothing is at this path."""
    return problem(HTTPStatus.NOT_FOUND, "Not found", "There is nothing at this path.")


def list_answer(req: func.HttpRequest, query: PetQuery, page: Page) -> func.HttpResponse:
    """Answer with a page; its Link header (RFC 8288) leads to the next and keeps the filters."""
    cursor = encode_cursor(query, page.pets[-1].id) if page.has_more else None
    body = b'{"data":[%b],"next_cursor":%b,"has_more":%b}' % (
        b",".join(pet.view() for pet in page.pets),
        json.dumps(cursor).encode(),
        json.dumps(page.has_more).encode(),
    )
    headers = {"Link": f'<{_with_cursor(req.url, cursor)}>; rel="next"'} if cursor else {}
    return func.HttpResponse(body, headers=headers, mimetype=_JSON)


def problem(
    status: HTTPStatus,
    error: str,
    detail: str,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """Answer with problem details (RFC 9457) that carry the short word ``error`` as well."""
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "error": error,
        **(extra or {}),
    }
    return func.HttpResponse(
        json.dumps(body), status_code=status, headers=dict(headers or {}), mimetype=_PROBLEM
    )


def _with_cursor(url: str, cursor: str) -> str:
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query) if pair[0] != "cursor"]
    return f"{parts.path}?{urlencode([*kept, ('cursor', cursor)])}"
