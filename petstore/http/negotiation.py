"""Media types: what a body is said to be (415), and what the caller can read (406)."""

import re

import azure.functions as func

from petstore.http.errors import NotAcceptable, UnsupportedMediaType

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
PROBLEM = "application/problem+json"


def check_content_type(req: func.HttpRequest, accepted: tuple[str, ...]) -> None:
    """Refuse a body whose media type is another than those accepted.

    A request without a Content-Type is taken: its body is read as JSON or refused.

    Raises:
        UnsupportedMediaType: naming what is accepted.
    """
    given = req.headers.get("content-type")
    if given is None:
        return
    essence, _, parameters = given.partition(";")
    charset = re.search(r'charset\s*=\s*"?([^";\s]*)', parameters, re.IGNORECASE)
    if essence.strip().lower() not in accepted or (charset and charset[1].lower() != "utf-8"):
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
    """Give the weight of the most specific range that fits; 0 where none does."""
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
