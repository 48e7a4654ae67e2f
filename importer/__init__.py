"""Imports a file of pets through the API: ``python -m importer FILE --url URL``.

It knows the API from outside only, like any other client.
"""
