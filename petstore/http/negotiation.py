"""Media types and codings: what a body is (415), and what the caller can read (406)."""

import re

import azure.functions as func

from petstore.http.errors import NotAcceptable, UnsupportedCoding, UnsupportedMediaType

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
PROBLEM = "application/problem+json"
# What senders call UTF-8, and the part of it that is ASCII (IANA Character Sets).
_CHARSETS = {"", "utf-8", "utf8", "us-ascii", "ascii"}


def check_content_coding(req: func.HttpRequest) -> None:
    """Refuse a body that is compressed; UnsupportedCoding."""
    codings = req.headers.get("content-encoding", "").lower().split(",")
    if not {coding.strip() for coding in codings} <= {"", "identity"}:
        raise UnsupportedCoding


def check_content_type(req: func.HttpRequest, accepted: tuple[str, ...]) -> None:
    """Refuse a body whose media type is missing, or another than those accepted.

    Without a type a page of any origin could send the body: browsers then skip the preflight.

    Raises:
        UnsupportedMediaType: naming what is accepted.
    """
    essence, *parameters = req.headers.get("content-type", "").lower().split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    charsets = {value.strip(' \t"') for name, _, value in pairs if name.strip() == "charset"}
    if essence.strip() not in accepted or not charsets <= _CHARSETS:
        raise UnsupportedMediaType(accepted)


def check_accept(req: func.HttpRequest, produced: str) -> None:
    """Refuse a request whose Accept header (RFC 9110, 12.5.1) rules out what is produced.

    Raises:
        NotAcceptable: each range that fits has weight 0, or none fits.
    """
    accept = req.headers.get("accept", "").strip()
    if accept and produced != "*/*" and _weight(accept, produced) == 0:
        raise NotAcceptable(f"Only {produced} can be produced here.")


def _weight(accept: str, produced: str) -> float:
    """Return the weight of the most specific range that fits; 0 where none does."""
    main = produced.partition("/")[0]
    ranks = {produced: 3, f"{main}/*": 2, "*/*": 1}
    best, weight = 0, 0.0
    for element in accept.lower().split(","):
        media_range, *parameters = (part.strip() for part in element.split(";"))
        rank = ranks.get(media_range, 0)
        if rank > best:
            best, weight = rank, _q(parameters)
    return weight


def _q(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if re.fullmatch(r"[01](\.[0-9]{0,3})?", value.strip()) else 1.0
    return 1.0


def accepts_gzip(req: func.HttpRequest) -> bool:
    """Return whether the caller can read gzip, and prefers it to no coding (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for element in req.headers.get("accept-encoding", "").lower().split(","):
        coding, *parameters = (part.strip() for part in element.split(";"))
        weights[coding] = _q(parameters)
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return weight > 0 and weight >= weights.get("identity", 0.0)
