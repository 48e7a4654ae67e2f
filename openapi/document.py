"""The OpenAPI 3.1 document, built from the registered routes and the pydantic models."""

import json
from collections.abc import Iterable
from pathlib import Path

from openapi import components, operations, schemas
from openapi.components import Json
from petstore.http.routes import Operation

FILE = Path(__file__).parents[1] / "petstore/http/openapi.json"


def document(registered: Iterable[Operation]) -> Json:
    """Return the document; KeyError for an operation that ``operations`` does not know."""
    paths: Json = {}
    for operation in registered:
        if operation.name in operations.PAGES | operations.UNDESCRIBED:
            continue
        for method in operation.methods:
            details = operations.OPERATIONS[operation.name]
            path = paths.setdefault(f"/{operation.route}", {})
            path[method.lower()] = _operation(operation, method, details)
    return {
        "openapi": "3.1.0",
        "info": operations.INFO,
        "servers": [operations.SERVER],
        "tags": operations.TAGS,
        "security": [],
        "paths": paths,
        "components": {
            "schemas": schemas.schemas(),
            "parameters": components.PARAMETERS,
            "headers": components.HEADERS,
            "responses": components.responses(),
            "securitySchemes": components.SECURITY_SCHEMES,
        },
    }


def text(registered: Iterable[Operation]) -> str:
    """Return the document as the file holds it."""
    return json.dumps(document(registered), indent=2, ensure_ascii=False) + "\n"


def _operation(operation: Operation, method: str, details: operations.Details) -> Json:
    found: Json = {
        # HEAD returns what GET returns, without the body.
        "operationId": operation.name + ("_head" if method == "HEAD" else ""),
        "summary": operation.summary,
        "description": details.description,
        "tags": [details.tag],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in details.parameters],
        "responses": {
            **{
                str(one.status): one.answer(with_body=method != "HEAD")
                for one in (details.success, details.also)
                if one
            },
            **{
                str(status): components.reference(status, method)
                for status in sorted(details.errors)
            },
        },
    }
    if details.needs_token:
        found["security"] = [{"bearer": []}]
    if details.body:
        found["requestBody"] = details.body
    return found
