"""The OpenAPI 3.1 document, made from the registered routes and the pydantic models.

``make openapi`` writes it to ``openapi.json`` beside this file, and the app serves those bytes;
nothing of this module runs in production. A test fails when code and file differ.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from petstore.http import components, contract, schemas
from petstore.http.components import Json
from petstore.http.routes import Operation

FILE = Path(__file__).with_name("openapi.json")


def document(operations: Iterable[Operation]) -> Json:
    """Make the document; KeyError for an operation that the contract does not describe."""
    paths: Json = {}
    for operation in operations:
        for method in operation.methods:
            details = contract.OPERATIONS[operation.name]
            path = paths.setdefault(f"/{operation.route}", {})
            path[method.lower()] = _operation(operation, method, details)
    return {
        "openapi": "3.1.0",
        "info": contract.INFO,
        "servers": [contract.SERVER],
        "tags": contract.TAGS,
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


def text(operations: Iterable[Operation]) -> str:
    """Give the document as the file holds it."""
    return json.dumps(document(operations), indent=2, ensure_ascii=False) + "\n"


def _operation(operation: Operation, method: str, details: contract.Details) -> Json:
    found: Json = {
        # HEAD gives what GET gives, without the body.
        "operationId": operation.name + ("_head" if method == "HEAD" else ""),
        "summary": operation.summary,
        "description": details.description,
        "tags": [details.tag],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in details.parameters],
        "responses": {
            str(details.success.status): details.success.answer(with_body=method != "HEAD"),
            **{
                str(status): {"$ref": f"#/components/responses/{name}"}
                for status, name in sorted(details.errors.items())
            },
        },
    }
    if details.needs_token:
        found["security"] = [{"bearer": []}]
    if details.body:
        found["requestBody"] = details.body
    return found
