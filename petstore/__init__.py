"""The PetStore API, in layers; each imports only those below it (import-linter checks this).

``function_app`` (triggers) -> ``http`` (requests and answers) and ``wiring`` (which store)
-> ``pets`` (the rules) -> ``repository`` (the port and its stores) -> ``models`` -> ``errors``.
``settings`` is the only reader of the environment, ``wiring`` its only user.
"""
