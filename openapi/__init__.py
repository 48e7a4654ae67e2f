"""Builds the OpenAPI document that the app serves; used at development time only.

``python -m openapi`` (``make openapi``) writes ``petstore/http/openapi.json`` from the registered
routes, the models and the limits. A test fails when code and file differ.
"""
