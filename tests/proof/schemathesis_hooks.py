"""What Schemathesis is told beyond its configuration."""

import json
import re
from typing import Any

import schemathesis

from tests.tree import ROOT

_DOCUMENT = json.loads((ROOT / "petstore/http/openapi.json").read_text())
_TAGS = _DOCUMENT["components"]["parameters"]["if_none_match"]["schema"]["pattern"]


@schemathesis.hook
def filter_case(_: object, case: Any) -> bool:
    """Drop cases that are taken for valid though a list of entity tags breaks its pattern.

    Schemathesis 4.32 gives these two headers formats of its own, and its coverage phase then
    passes over their patterns. /pets also takes QUERY, for which OpenAPI 3.1 has no place.
    """
    if case.path == "/pets" and case.method in {"QUERY", "OPTIONS"}:
        return False
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return True
    values = [(case.headers or {}).get(name) for name in ("If-Match", "If-None-Match")]
    return all(re.search(_TAGS, value) for value in values if isinstance(value, str))
