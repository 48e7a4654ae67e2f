"""``python -m openapi``: write petstore/http/openapi.json."""

import function_app
from openapi import document

document.FILE.write_text(document.text(function_app.app.operations), "utf-8")
