"""The promises of ``repository.port`` on one SQLite file: the store of a machine without Azure."""
