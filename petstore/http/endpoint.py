"""The one decorator of ours under a trigger: request id, and errors to answers."""

import logging
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from uuid import uuid4

import azure.functions as func

from petstore import errors
from petstore.http.responses import problem

Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]

_log = logging.getLogger("petstore")
_RETRY_MISCONFIGURED = 60  # seconds; somebody has to mend the settings first
# Each expected error's status, short word, and detail; where there is none the error tells it.
_ANSWERS: dict[type[errors.PetStoreError], tuple[HTTPStatus, str, str | None]] = {
    errors.NotFound: (HTTPStatus.NOT_FOUND, "Pet not found", "There is no pet with this id."),
    errors.MalformedBody: (HTTPStatus.BAD_REQUEST, "Invalid JSON", None),
    errors.BadParameter: (HTTPStatus.BAD_REQUEST, "Invalid parameter", None),
    errors.BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Body too large", None),
    errors.InvalidPet: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Invalid pet",
        "The body breaks the rules named in errors.",
    ),
    errors.PreconditionFailed: (
        HTTPStatus.PRECONDITION_FAILED,
        "Precondition failed",
        "The pet was changed by somebody else meanwhile.",
    ),
    errors.StoreUnavailable: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Service unavailable",
        "The API cannot reach its store now.",
    ),
    errors.ConfigurationError: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Service unavailable",
        "The API's settings are incomplete; /api/health/ready names them.",
    ),
}
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


def endpoint(handler: Handler) -> Handler:
    """Wrap a handler: whatever it raises becomes an answer, and each answer names its request.

    The signature stays as it is: the worker refuses an app whose handlers have other parameters
    than their bindings.
    """

    @wraps(handler)
    async def answer(req: func.HttpRequest) -> func.HttpResponse:
        request_id = _request_id(req)
        try:
            response = await handler(req)
        except errors.PetStoreError as error:
            response = _expected(error, request_id)
        except Exception:  # a bug; the last place where it can become an answer
            _log.exception("bug in %s, request %s", handler.__name__, request_id)
            response = problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "Internal server error",
                "This is our fault. The log has the details under the request id.",
            )
        response.headers["X-Request-Id"] = request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return answer


def _request_id(req: func.HttpRequest) -> str:
    given = req.headers.get("x-request-id", "")
    return given if _SANE_REQUEST_ID.fullmatch(given) else str(uuid4())


def _expected(error: errors.PetStoreError, request_id: str) -> func.HttpResponse:
    status, word, detail = _ANSWERS[type(error)]
    extra: dict[str, object] = {}
    headers: dict[str, str] = {}
    if isinstance(error, errors.InvalidPet):
        extra["errors"] = [vars(violation) for violation in error.violations]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        _log.error("unavailable, request %s: %s", request_id, error)
        headers["Retry-After"] = str(getattr(error, "retry_after", _RETRY_MISCONFIGURED))
    return problem(status, word, detail or str(error), extra, headers)
