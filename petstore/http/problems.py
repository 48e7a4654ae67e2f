"""Errors to answers: problem details (RFC 9457) that carry the serverless guide's short words."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

import azure.functions as func

from petstore import errors
from petstore.http import errors as http_errors
from petstore.http.negotiation import PROBLEM

_log = logging.getLogger("petstore")
# RFC 5789, 3.1; W3C Linked Data Platform 1.0, 7.1; RFC 10008
_ACCEPTING = {"PATCH", "POST", "QUERY"}
_RETRY_MISCONFIGURED = 60  # seconds; somebody has to fix the settings first

# An error's status, short word, and detail; without a detail the error's own message is shown.
Row = tuple[HTTPStatus, str, str | None]
_PRECONDITION_FAILED: Row = (
    HTTPStatus.PRECONDITION_FAILED,
    "Precondition failed",
    "What is stored is not at the version that was named.",
)
ANSWERS: Mapping[type, Row] = {
    errors.NotFound: (HTTPStatus.NOT_FOUND, "Pet not found", "There is no pet with this id."),
    errors.OrderNotFound: (
        HTTPStatus.NOT_FOUND,
        "Order not found",
        "Nobody has ordered this pet.",
    ),
    errors.NotAvailable: (
        HTTPStatus.CONFLICT,
        "Pet not available",
        "This pet is not for sale, or is ordered already.",
    ),
    errors.Ordered: (HTTPStatus.CONFLICT, "Pet has an order", None),
    errors.WrongStep: (HTTPStatus.CONFLICT, "Order cannot change", None),
    errors.Unauthorized: (HTTPStatus.UNAUTHORIZED, "Unauthorized", None),
    errors.Forbidden: (HTTPStatus.FORBIDDEN, "Forbidden", "This is not yours."),
    errors.VersionConflict: _PRECONDITION_FAILED,
    errors.Contended: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Service unavailable",
        "Others keep changing this pet; send the request again.",
    ),
    errors.InvalidPet: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Invalid pet",
        "The body breaks the rules named in errors.",
    ),
    errors.InvalidOrder: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Invalid order",
        "The body breaks the rules named in errors.",
    ),
    errors.KeyInFlight: (
        HTTPStatus.CONFLICT,
        "Request in progress",
        "The first request with this Idempotency-Key has not ended.",
    ),
    errors.KeyReused: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Idempotency key reused",
        "This Idempotency-Key came before, with another body.",
    ),
    errors.StoreUnavailable: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Service unavailable",
        "The API cannot reach its store now.",
    ),
    errors.KeysUnavailable: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Service unavailable",
        "The issuer's keys, with which tokens are checked, are unavailable now.",
    ),
    errors.ConfigurationError: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Service unavailable",
        "The API's settings are incomplete; GET health/ready names them.",
    ),
    http_errors.CrossOriginRefused: (HTTPStatus.FORBIDDEN, "Cross-origin request refused", None),
    http_errors.InvalidQuery: (HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid query", None),
    http_errors.MalformedBody: (HTTPStatus.BAD_REQUEST, "Invalid JSON", None),
    http_errors.BadParameter: (HTTPStatus.BAD_REQUEST, "Invalid parameter", None),
    http_errors.BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Body too large", None),
    http_errors.MethodNotAllowed: (HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed", None),
    http_errors.NotAcceptable: (HTTPStatus.NOT_ACCEPTABLE, "Not acceptable", None),
    http_errors.PreconditionFailed: _PRECONDITION_FAILED,
    http_errors.UnsupportedCoding: (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Unsupported content encoding",
        None,
    ),
    http_errors.UnsupportedMediaType: (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Unsupported media type",
        None,
    ),
}


def problem(
    status: HTTPStatus,
    error: str,
    detail: str,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """Answer with problem details that carry the short word ``error`` as well."""
    body = {
        "type": "about:blank",
        "title": _title(status),
        "status": status.value,
        "detail": detail,
        "error": error,
        **(extra or {}),
    }
    return func.HttpResponse(
        json.dumps(body),
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        mimetype=PROBLEM,
    )


def error_answer(error: Exception, req: func.HttpRequest, request_id: str) -> func.HttpResponse:
    """Answer any error; what only the operators can fix is logged, a bug with its traceback."""
    row = find_row(type(error))
    if row is None:
        _log.error("bug in request %s", request_id, exc_info=error)
        return bug_answer()
    status, word, detail = row
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        _log.error("unavailable, request %s: %s", request_id, error)
    extra = {}
    if isinstance(error, errors.InvalidBody):
        extra["errors"] = [vars(violation) for violation in error.violations]
    return problem(status, word, detail or str(error), extra, _headers(error, str(req.method)))


def find_row(kind: type[Exception]) -> Row | None:
    """Return the answer of the nearest ancestor that has one; None for a bug."""
    return next((ANSWERS[ancestor] for ancestor in kind.__mro__ if ancestor in ANSWERS), None)


def bug_answer() -> func.HttpResponse:
    """Answer that the fault is ours, and nothing more."""
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Internal server error",
        "This is our fault. The log has the details under the request id.",
    )


def not_found() -> func.HttpResponse:
    """Answer that nothing is at this path."""
    return problem(HTTPStatus.NOT_FOUND, "Not found", "There is nothing at this path.")


def _headers(error: Exception, method: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    match error:
        case (
            errors.StoreUnavailable()
            | errors.KeysUnavailable()
            | errors.KeyInFlight()
            | errors.Contended()
        ):
            headers["Retry-After"] = str(error.retry_after)
        case errors.ConfigurationError():
            headers["Retry-After"] = str(_RETRY_MISCONFIGURED)
        case errors.Unauthorized():
            code = f' error="{error.code}", error_description="{error}"' if error.code else ""
            headers["WWW-Authenticate"] = f"Bearer{code}"
        case http_errors.MethodNotAllowed():
            headers["Allow"] = ", ".join(error.allowed)
        case http_errors.UnsupportedCoding():
            headers["Accept-Encoding"] = "identity"  # RFC 9110, 15.5.16
        case http_errors.UnsupportedMediaType() if method in _ACCEPTING:
            headers[f"Accept-{method.title()}"] = ", ".join(error.accepted)
    return headers


def _title(status: HTTPStatus) -> str:
    # Python 3.12 still has the names of RFC 7231 for these.
    renamed = {413: "Content Too Large", 422: "Unprocessable Content"}
    return renamed.get(status.value, status.phrase)
