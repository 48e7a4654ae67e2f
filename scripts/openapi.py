"""Writes petstore/http/openapi.json from the registered routes: ``make openapi``."""

import function_app
from petstore.http import openapi

openapi.FILE.write_text(openapi.text(function_app.app.operations), "utf-8")
