"""What comes in over HTTP: bodies and query parameters, read strictly."""

import json
import re
from collections.abc import Collection
from typing import NoReturn, cast, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit

import azure.functions as func

from petstore.http.cursors import decode_cursor
from petstore.http.errors import BadParameter, BodyTooLarge, InvalidQuery, MalformedBody
from petstore.http.negotiation import JSON, check_content_coding, check_content_type
from petstore.limits import (
    BODY_SIZE,
    KEY_LENGTH,
    LINE,
    PAGE_SIZE,
    TEXT_FILTERS,
    Status,
)
from petstore.repository.port import PetQuery
from petstore.setting_values import is_text

# Visible ASCII without the comma, which would also be what joins two such headers.
IDEMPOTENCY_KEY = rf"^[!-+\--~]{{1,{KEY_LENGTH}}}$"
PAGE_PARAMETERS = ("limit", "cursor", "sort")
LIST_PARAMETERS = (*PAGE_PARAMETERS, "status", *TEXT_FILTERS)
SORTS = {"created_at": False, "-created_at": True}


def read_json(req: func.HttpRequest, *media_types: str) -> object:
    """Decode the body as JSON (RFC 8259).

    Args:
        req: the request.
        media_types: the types that the body may have; ``application/json`` when none is given.

    Raises:
        UnsupportedCoding: it is compressed.
        UnsupportedMediaType: it has another type, or none.
        BodyTooLarge: more than ``BODY_SIZE`` bytes.
        MalformedBody: not UTF-8, not JSON, a member named twice, NaN, numbers or nesting beyond
            all reason.
    """
    check_content_coding(req)
    body = req.get_body()
    if body or "content-type" in req.headers:
        check_content_type(req, media_types or (JSON,))
    if len(body) > BODY_SIZE:
        raise BodyTooLarge(BODY_SIZE)
    if not body:
        raise MalformedBody(
            "The body is empty. Send Content-Length: Azure Functions drops chunked bodies."
        )
    try:
        return json.loads(
            body.decode(), object_pairs_hook=_members, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise MalformedBody(f"Byte {error.start} of the body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedBody(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise MalformedBody("The body is nested too deeply.") from None
    except ValueError:  # int() refuses thousands of digits
        raise MalformedBody("A number in the body is too long.") from None


def read_json_if_any(req: func.HttpRequest) -> object:
    """Decode the body as ``read_json`` does; an empty object where none was sent.

    A body that was sent in chunks does not arrive, and is missed.
    """
    if req.get_body() or "transfer-encoding" in req.headers:
        return read_json(req)
    check_content_coding(req)
    return {}


def read_pet_id(req: func.HttpRequest) -> str:
    """Read a pet's id from the path. Upper-case UUIDs are accepted (RFC 9562, 4)."""
    pet_id: str = req.route_params["pet_id"]
    return pet_id.lower()


def read_idempotency_key(req: func.HttpRequest) -> str | None:
    """Read the Idempotency-Key; BadParameter when it does not match ``IDEMPOTENCY_KEY``."""
    key: str | None = req.headers.get("idempotency-key")
    if key is not None and not re.fullmatch(IDEMPOTENCY_KEY, key):
        raise BadParameter(
            f"Idempotency-Key must be 1 to {KEY_LENGTH} visible ASCII characters, no comma."
        )
    return key


def read_list_query(req: func.HttpRequest, owner_id: str | None = None) -> PetQuery:
    """Read the parameters of a list: of all pets, or of an owner's.

    Raises:
        BadParameter: one is unknown, given twice, or breaks its rule.
    """
    return _pet_query(read_query(req, LIST_PARAMETERS), owner_id)


def read_order_query(req: func.HttpRequest, buyer_id: str) -> PetQuery:
    """Read the parameters of a list of somebody's orders; raises as ``read_list_query`` does."""
    return _pet_query(read_query(req, PAGE_PARAMETERS), None, buyer_id)


def read_list_body(req: func.HttpRequest) -> tuple[PetQuery, str]:
    """Read the parameters of a list from the body of a QUERY (RFC 10008).

    Returns:
        The query, and the URL at which a GET gives the same page, relative to the request's.

    Raises:
        BadParameter: there are parameters in the URL.
        InvalidQuery: the body is not an object of parameters, or one breaks its rule.
        MalformedBody, UnsupportedCoding, UnsupportedMediaType, BodyTooLarge: as ``read_json``.
    """
    read_query(req, ())
    body = read_json(req)
    if not isinstance(body, dict):
        raise InvalidQuery("The body must be a JSON object.")
    try:
        given = {name: _parameter(name, value) for name, value in body.items()}
        query = _pet_query(given, None)
    except BadParameter as error:
        raise InvalidQuery(str(error)) from None
    return query, f"?{urlencode(given)}"


def _parameter(name: str, value: object) -> str:
    if name not in LIST_PARAMETERS:
        raise BadParameter(
            f"There is no member {name[:50]!a} here; use {_listed(LIST_PARAMETERS)}."
        )
    kind = int if name == "limit" else str
    if type(value) is not kind:
        raise BadParameter(f"{name} must be a {'number' if kind is int else 'text'}.")
    text = str(value)
    if not is_text(text):
        raise BadParameter(f"{name} holds an unpaired surrogate.")
    return text


def _pet_query(
    given: dict[str, str], owner_id: str | None, buyer_id: str | None = None
) -> PetQuery:
    query = PetQuery(
        limit=_limit(given.get("limit")),
        newest_first=_sort(given.get("sort")),
        status=_status(given.get("status")),
        owner_id=owner_id,
        buyer_id=buyer_id,
        **{one.member: _text(given, name) for name, one in TEXT_FILTERS.items()},
    )
    return decode_cursor(given.get("cursor"), query)


def read_query(req: func.HttpRequest, known: Collection[str]) -> dict[str, str]:
    """Return the query's parameters, each known and given at most once.

    The query is read from the URL, since ``req.params`` loses empty values and merges repeated
    ones.

    Raises:
        BadParameter: one is unknown or given twice, or the query is not percent-encoded UTF-8.
    """
    try:
        pairs = parse_qsl(urlsplit(req.url).query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise BadParameter("The query is not percent-encoded UTF-8.") from None
    given = dict(pairs)
    for name in given:
        if name not in known:
            use = f"use {_listed(known)}" if known else "none is read from the URL"
            raise BadParameter(f"There is no parameter {name[:50]!a} here; {use}.")
    if len(given) < len(pairs):
        raise BadParameter("A parameter is given twice.")
    return given


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise MalformedBody("An object names one of its members twice.")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is not JSON.")


def _limit(text: str | None) -> int:
    if text is None:
        return PetQuery.limit
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= PAGE_SIZE:
        raise BadParameter(f"limit must be a whole number from 1 to {PAGE_SIZE}.")
    return int(text)


def _sort(text: str | None) -> bool:
    if text is None:
        return PetQuery.newest_first
    if text not in SORTS:
        raise BadParameter(f"sort must be one of {_listed(SORTS)}.")
    return SORTS[text]


def _status(text: str | None) -> Status | None:
    known = get_args(Status)
    if text is None:
        return None
    if text.lower() not in known:
        raise BadParameter(f"status must be one of {_listed(known)}.")
    return cast("Status", text.lower())


def _text(given: dict[str, str], name: str) -> str | None:
    text = given.get(name)
    limit = TEXT_FILTERS[name].length
    if text is not None and not (len(text) <= limit and re.fullmatch(LINE, text)):
        raise BadParameter(f"{name} must be one line of 1 to {limit} characters, not blank.")
    return text


def _listed(words: Collection[str]) -> str:
    return ", ".join(words)
