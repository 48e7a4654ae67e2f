"""The PetStore API, in layers; each imports only those below it (import-linter checks this).

``function_app`` (triggers) -> ``http`` (requests and answers) and ``wiring`` (which store)
-> ``pets`` (the rules) -> ``repository`` (the port and its stores) -> ``models`` -> ``errors``.
``function_app`` hands the environment to ``wiring``; ``settings`` says what it means.
"""

# CHANGELOG.md, the OpenAPI document and this agree; a test holds them together.
__version__ = "1.0.0"
